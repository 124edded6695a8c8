"""A plot of the main figures: horizontal bars, as SVG."""

from collections.abc import Iterator
from html import escape

from benchmarks.results import BASELINE, DATABASES, SCHEMES, Key, Results, Summary

_WIDTH, _LABELS, _VALUES = 960, 250, 190
_ROW, _BAR, _HEAD, _GAP, _EDGE = 26, 16, 34, 18, 24
_COLOURS = {BASELINE: "#8a8f98", "tandem": "#1f6feb"}
_PEER_COLOUR = "#d08a3e"
_UNITS = {"M": 1e6}
"""How much of a figure one of a unit is, if not one."""


def plot(results: Results) -> str:
    """Return the SVG, with a panel for each figure that was measured."""
    y, drawn = _EDGE, list[str]()
    for title, key, unit in _panels():
        found = {name: results.summary(key._replace(candidate=name)) for name in results.titles}
        measured = {name: summary for name, summary in found.items() if summary}
        if measured:
            drawn += _draw(results, title, unit, measured, y)
            y += _HEAD + _ROW * len(measured) + _GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y}" width="{_WIDTH}" height="{y}" '
        f'font-family="system-ui, sans-serif" font-size="13" fill="#1c2128">\n'
        f'<rect width="{_WIDTH}" height="{y}" fill="#ffffff"/>\n' + "\n".join(drawn) + "\n</svg>\n"
    )


def _panels() -> Iterator[tuple[str, Key, str]]:
    for what, title in (("sign_in_instructions", "sign-in; provider over http"), ("read_instructions", "read")):
        yield f"Millions of instructions of a {title}, PostgreSQL", Key(what, "", "postgres", "http"), "M"
    for database, database_title in DATABASES.items():
        for scheme, scheme_title in SCHEMES.items():
            title = f"CPU of a sign-in; provider over {scheme_title}, {database_title}"
            yield title, Key("cpu_ms", "", database, scheme), "ms"
        yield (
            f"Sign-ins per second; provider over http, {database_title}",
            Key("per_second", "", database, "http"),
            "/s",
        )


def _draw(results: Results, title: str, unit: str, measured: dict[str, Summary], top: int) -> Iterator[str]:
    yield f'<text x="{_EDGE}" y="{top + 16}" font-size="15" font-weight="600">{escape(title)}</text>'
    scale = (_WIDTH - _LABELS - _VALUES - _EDGE) / max(summary.most for summary in measured.values())
    for row, (name, summary) in enumerate(measured.items()):
        y = top + _HEAD + row * _ROW
        middle = y + _BAR / 2
        length = max(summary.median * scale, 1)
        least, most = (_LABELS + value * scale for value in (summary.least, summary.most))
        value = f"{summary.median / _UNITS.get(unit, 1):.3g} {unit}"
        if BASELINE in measured and name != BASELINE:
            value += f" · {summary.median / measured[BASELINE].median:.2g} ×"
        label = results.titles[name] if name.startswith("tandem-") else name.replace("_", "-")
        colour = _COLOURS.get(name.partition("-")[0], _PEER_COLOUR)
        yield f'<text x="{_LABELS - 10}" y="{middle + 4.5}" text-anchor="end">{escape(label)}</text>'
        yield f'<rect x="{_LABELS}" y="{y}" width="{length:.1f}" height="{_BAR}" rx="2" fill="{colour}"/>'
        yield f'<path d="M{least:.1f} {middle}H{most:.1f}" stroke="#1c2128" stroke-width="1.5" opacity="0.55"/>'
        yield f'<text x="{max(most, _LABELS + length) + 8:.1f}" y="{middle + 4.5}">{escape(value)}</text>'
