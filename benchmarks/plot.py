"""A plot of the main figures: bars on their side, as SVG that needs nothing but a browser."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from benchmarks.results import DATABASES, OVER, Key, Results, Summary, median, summarised

_WIDTH, _LABELS, _VALUES = 960, 250, 190
_ROW, _BAR, _HEAD, _GAP, _EDGE = 26, 16, 34, 18, 24
_COLOURS = {"yardstick": "#8a8f98", "tandem": "#1f6feb", "peer": "#d08a3e"}


@dataclass(frozen=True, slots=True)
class _Panel:
    title: str
    key: Key
    unit: str


def plot(results: Results) -> str:
    """Give the SVG; a panel for each figure that was measured."""
    panels = [panel for panel in _panels() if any(key[0] == panel.key.what for key in results.values)]
    y, drawn = _EDGE, list[str]()
    for panel in panels:
        found = [(name, summarised(results, panel.key._replace(candidate=name))) for name in results.titles]
        measured = [(name, summary) for name, summary in found if summary]
        if measured:
            drawn += _drawn(results, panel, measured, y)
            y += _HEAD + _ROW * len(measured) + _GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y}" width="{_WIDTH}" height="{y}" '
        f'font-family="system-ui, sans-serif" font-size="13" fill="#1c2128">\n'
        f'<rect width="{_WIDTH}" height="{y}" fill="#ffffff"/>\n' + "\n".join(drawn) + "\n</svg>\n"
    )


def _panels() -> Iterator[_Panel]:
    for database, called in DATABASES.items():
        for scheme, over in OVER.items():
            title = f"CPU of a sign-in; provider over {over}, {called}"
            yield _Panel(title, Key("cpu_ms", "", database, scheme), "ms")
        title = f"Sign-ins a second; provider over http, {called}"
        yield _Panel(title, Key("per_second", "", database, "http"), "/s")


def _drawn(results: Results, panel: _Panel, measured: list[tuple[str, Summary]], top: int) -> Iterator[str]:
    yield f'<text x="{_EDGE}" y="{top + 16}" font-size="15" font-weight="600">{escape(panel.title)}</text>'
    scale = (_WIDTH - _LABELS - _VALUES - _EDGE) / max(summary.most for _, summary in measured)
    yardstick = median(results, panel.key._replace(candidate="yardstick"))
    for place, (name, summary) in enumerate(measured):
        y = top + _HEAD + place * _ROW
        middle = y + _BAR / 2
        length = max(summary.median * scale, 1)
        least, most = (_LABELS + value * scale for value in (summary.least, summary.most))
        value = f"{summary.median:.3g} {panel.unit}"
        if yardstick and name != "yardstick":
            value += f" · {summary.median / yardstick:.2g} ×"
        yield f'<text x="{_LABELS - 10}" y="{middle + 4.5}" text-anchor="end">{escape(_label(results, name))}</text>'
        yield f'<rect x="{_LABELS}" y="{y}" width="{length:.1f}" height="{_BAR}" rx="2" fill="{_colour(name)}"/>'
        yield f'<path d="M{least:.1f} {middle}H{most:.1f}" stroke="#1c2128" stroke-width="1.5" opacity="0.55"/>'
        yield f'<text x="{max(most, _LABELS + length) + 8:.1f}" y="{middle + 4.5}">{escape(value)}</text>'


def _label(results: Results, name: str) -> str:
    return results.titles[name] if name.startswith("tandem-") else name.replace("_", "-")


def _colour(name: str) -> str:
    return _COLOURS.get(name.partition("-")[0], _COLOURS["peer"])
