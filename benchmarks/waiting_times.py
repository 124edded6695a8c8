"""A plot of waiting times over the number of callers, as SVG; both axes are logarithmic."""

import math
from collections.abc import Iterator, Sequence
from html import escape

from benchmarks.measurements import fairness
from benchmarks.results import Results

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 960, 420, 70, 250, 50, 50
_COLOURS = ("#1f6feb", "#d08a3e")
_INK, _FAINT = "#1c2128", "#d0d7de"
_DASHES = {"p50": "none", "p99": "6 4"}
_TICKS = (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)
"""Milliseconds."""


def plot_waiting_times(results: Results) -> str:
    """Return the SVG, with a line for p50 and one for p99 of each candidate that was measured."""
    drawn = [f'<text x="{_LEFT}" y="24" font-size="15" font-weight="600">Duration of a sign-in, by callers</text>']
    drawn += _axes()
    for number, name in enumerate(results.candidates(fairness.what("p50_ms", fairness.CALLERS[0]))):
        for percentile in _DASHES:
            drawn += _line(results, name, percentile, number)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" '
        f'font-family="system-ui, sans-serif" font-size="13" fill="{_INK}">\n'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>\n' + "\n".join(drawn) + "\n</svg>\n"
    )


def _axes() -> Iterator[str]:
    for tick in _TICKS:
        y = _y(tick)
        yield f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="{_FAINT}"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{tick / 1000:g} s</text>'
    for callers in fairness.CALLERS:
        yield f'<text x="{_x(callers):.1f}" y="{_HEIGHT - _BOTTOM + 24}" text-anchor="middle">{callers}</text>'


def _line(results: Results, name: str, percentile: str, number: int) -> Iterator[str]:
    colour, dashes = _COLOURS[number % len(_COLOURS)], _DASHES[percentile]
    points = [
        (callers, results.median(fairness.key(name, f"{percentile}_ms", callers))) for callers in fairness.CALLERS
    ]
    path = " ".join(f"{_x(callers):.1f},{_y(value):.1f}" for callers, value in points if value)
    style = f'fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"'
    yield f'<polyline points="{path}" {style}/>'
    y = _TOP + 20 * (2 * number + list(_DASHES).index(percentile))
    title = results.titles[name].partition(" (")[0]
    yield f'<path d="M{_WIDTH - _RIGHT + 14} {y}h26" {style}/>'
    yield f'<text x="{_WIDTH - _RIGHT + 48}" y="{y + 4}">{escape(f"{title}, {percentile}")}</text>'


def _x(callers: int) -> float:
    return _scaled(callers, fairness.CALLERS, _LEFT + 20, _WIDTH - _RIGHT - 20)


def _y(milliseconds: float) -> float:
    return _scaled(milliseconds, _TICKS, _HEIGHT - _BOTTOM, _TOP)


def _scaled(value: float, range_: Sequence[float], low: float, high: float) -> float:
    return low + (high - low) * math.log(value / range_[0]) / math.log(range_[-1] / range_[0])
