"""The plot of a run, as SVG: memory, connections, descriptors, threads, errors and times, with the events marked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from benchmarks.soak.samples import Sample, series

_WIDTH, _LEFT, _RIGHT = 960, 60, 190
_PANEL, _GAP, _TOP, _BOTTOM = 130, 42, 150, 40
_COLOURS = ("#1f6feb", "#d08a3e", "#2da44e", "#8250df", "#cf222e", "#57606a")
_INK, _FAINT, _BAND = "#1c2128", "#d0d7de", "#cf222e"
_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)

_Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class _Panel:
    title: str
    lines: Mapping[str, Sequence[_Points]]
    """By the name in the legend: a line for each process of that name."""


def plot(samples: Sequence[Sample], events: Sequence[tuple[float, float, str]]) -> str:
    """Return the SVG.

    :param events: begin and end in seconds, and name.
    """
    panels = [panel for panel in _panels(samples) if panel.lines]
    until = max((one.seconds for one in samples), default=1.0) or 1.0
    height = _TOP + len(panels) * (_PANEL + _GAP) + _BOTTOM - _GAP
    drawn = list(_events(events, until, height))
    for number, panel in enumerate(panels):
        drawn += _draw(panel, _TOP + number * (_PANEL + _GAP), until)
    drawn += _minutes(until, height)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'font-family="system-ui, sans-serif" font-size="12" fill="{_INK}">\n'
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>\n' + "\n".join(drawn) + "\n</svg>\n"
    )


def _panels(samples: Sequence[Sample]) -> Iterator[_Panel]:
    for title, measure in (
        ("Memory of each worker (PSS), MiB", "pss_mib"),
        ("Memory of each worker (anonymous pages), MiB", "anonymous_mib"),
        ("Open file descriptors of each worker", "descriptors"),
        ("Threads of each worker", "threads"),
    ):
        yield _Panel(title, _by_server(series(samples, measure, workers=True)))
    yield _Panel(
        "Connections",
        _named(samples, {"to PostgreSQL": "database_connections", "to Redis": "redis_connections"}),
    )
    yield _Panel("Keys in Redis", _named(samples, {"keys": "redis_keys"}))
    yield _Panel(
        "Answers with an error, and unexpected results, in each sample",
        _named(samples, {"4xx": "errors_4xx", "5xx": "errors_5xx", "requests": "requests", "unexpected": "unexpected"}),
    )
    yield _Panel("Time until the answer, ms (shared machine)", _named(samples, {"p50": "p50_ms", "p99": "p99_ms"}))


def _by_server(found: Mapping[str, _Points]) -> dict[str, list[_Points]]:
    lines: dict[str, list[_Points]] = {}
    for subject, points in sorted(found.items()):
        lines.setdefault(subject.partition(" worker ")[0], []).append(points)
    return lines


def _named(samples: Sequence[Sample], measures: Mapping[str, str]) -> dict[str, list[_Points]]:
    found: dict[str, list[_Points]] = {name: [*series(samples, measure).values()] for name, measure in measures.items()}
    return {name: lines for name, lines in found.items() if lines}


def _draw(panel: _Panel, top: int, until: float) -> Iterator[str]:
    yield f'<text x="{_LEFT}" y="{top - 8}" font-size="14" font-weight="600">{escape(panel.title)}</text>'
    most = max(value for lines in panel.lines.values() for points in lines for _, value in points)
    step = next((tick for tick in _TICKS if tick * 4 >= most), _TICKS[-1])
    scale = _PANEL / max(step, step * -(-most // step))
    for number in range(int(_PANEL / scale / step + 0.5) + 1):
        y = top + _PANEL - number * step * scale
        yield f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="{_FAINT}" stroke-width="1"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{number * step:g}</text>'
    for number, (name, lines) in enumerate(panel.lines.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        for points in lines:
            path = " ".join(
                f"{_x(seconds, until):.1f},{top + _PANEL - value * scale:.1f}" for seconds, value in _corners(points)
            )
            yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.4"/>'
        y = top + 10 + number * 18
        yield f'<path d="M{_WIDTH - _RIGHT + 14} {y}h18" stroke="{colour}" stroke-width="3"/>'
        yield f'<text x="{_WIDTH - _RIGHT + 38}" y="{y + 4}">{escape(name)}</text>'


def _corners(points: _Points) -> Iterator[tuple[float, float]]:
    """Yield the points without those inside of a horizontal part."""
    for number, point in enumerate(points):
        if not 0 < number < len(points) - 1 or {points[number - 1][1], points[number + 1][1]} != {point[1]}:
            yield point


def _events(events: Sequence[tuple[float, float, str]], until: float, height: int) -> Iterator[str]:
    for began, ended, name in sorted(events):
        x = _x(began, until)
        width = max(_x(ended, until) - x, 1.5)
        tall = height - _TOP - _BOTTOM + 8
        yield f'<rect x="{x:.1f}" y="{_TOP - 4}" width="{width:.1f}" height="{tall}" fill="{_BAND}" opacity="0.13"/>'
        yield (
            f'<text transform="translate({x + width / 2 + 4:.1f} {_TOP - 28}) rotate(-60)" font-size="11">'
            f"{escape(name)}</text>"
        )


def _minutes(until: float, height: int) -> Iterator[str]:
    step = next((tick for tick in _TICKS if tick >= 0.5 and until / 60 / tick <= 12), 60)
    for number in range(int(until / 60 / step) + 1):
        x = _x(number * step * 60, until)
        yield f'<text x="{x:.1f}" y="{height - 16}" text-anchor="middle">{number * step:g} min</text>'


def _x(seconds: float, until: float) -> float:
    return _LEFT + seconds / until * (_WIDTH - _RIGHT - _LEFT)
