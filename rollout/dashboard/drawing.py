"""Charts as SVG for the report, which has no scripts: positions in a drawing, which the template writes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Any

WIDTH, HEIGHT = 680, 170
LEFT, RIGHT, TOP, BOTTOM = 62, 6, 14, 22
"""The margins, in which the axes are labelled."""
_INNER_WIDTH, _INNER_HEIGHT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
_LABELS = 5
"""The most labels below a chart."""


@dataclass(frozen=True, slots=True)
class Rect:
    """A part of a bar, or a moment of the plan."""

    kind: str
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class Label:
    """A text of an axis, and its line's position."""

    text: str
    x: str
    y: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart; `lines` are the points of polylines by kind."""

    rects: Sequence[Rect]
    marks: Sequence[Rect]
    lines: Sequence[tuple[str, str]]
    across: Sequence[Label]
    below: Sequence[Label]


def stacked(series: Mapping[str, Sequence[int]], labels: Sequence[str], marks: Sequence[Mapping[str, Any]]) -> Drawing:
    """Return bars that stand on each other, the first series at the bottom."""
    most = max((sum(values) for values in zip(*series.values(), strict=True)), default=0)
    top, step = _scale(most), _INNER_WIDTH / max(1, len(labels))
    rects: list[Rect] = []
    below = [0] * len(labels)
    for kind, values in series.items():
        for index, value in enumerate(values):
            below[index] += value
            if value:
                y = _y(below[index], top)
                height = _INNER_HEIGHT * value / top
                rects.append(Rect(kind, _n(LEFT + index * step), _n(y), _n(step * 0.86), _n(height)))
    return Drawing(rects, _marks(marks, len(labels)), (), _across(top, ""), _below(labels))


def lines(
    series: Mapping[str, Sequence[float | None]],
    labels: Sequence[str],
    marks: Sequence[Mapping[str, Any]],
    unit: str = "",
) -> Drawing:
    """Return lines through the middle of each label's place; places without a value are left out."""
    most = max((value for values in series.values() for value in values if value is not None), default=0)
    top, step = _scale(most), _INNER_WIDTH / max(1, len(labels))
    drawn = [
        (
            kind,
            " ".join(
                f"{_n(LEFT + (index + 0.5) * step)},{_n(_y(value, top))}"
                for index, value in enumerate(values)
                if value is not None
            ),
        )
        for kind, values in series.items()
    ]
    return Drawing((), _marks(marks, len(labels)), drawn, _across(top, unit), _below(labels))


def _marks(marks: Sequence[Mapping[str, Any]], count: int) -> list[Rect]:
    def x(place: float) -> float:
        return LEFT + place * _INNER_WIDTH / max(1, count)

    return [
        Rect(
            mark["kind"],
            _n(x(mark["from"])),
            str(TOP),
            _n(max(1.5, x(mark["to"]) - x(mark["from"]))),
            str(_INNER_HEIGHT),
        )
        for mark in marks
    ]


def _scale(most: float) -> float:
    """Return the top of the axis: 1, 2 or 5 and zeros."""
    if most <= 0:
        return 1.0
    power = 10.0 ** floor(log10(most))
    return next(power * factor for factor in (1, 2, 5, 10) if most <= power * factor)


def _across(top: float, unit: str) -> list[Label]:
    return [
        Label(
            f"{top * part:,.6g}{unit}" if top < 10 else f"{top * part:,.0f}{unit}",
            str(LEFT - 6),
            _n(_y(top * part, top)),
        )
        for part in (0, 0.5, 1)
    ]


def _below(labels: Sequence[str]) -> list[Label]:
    step = _INNER_WIDTH / max(1, len(labels))
    every = max(1, -(-len(labels) // _LABELS))
    return [
        Label(label[:10], _n(LEFT + index * step), str(HEIGHT - 5))
        for index, label in enumerate(labels)
        if index % every == 0
    ]


def _y(value: float, top: float) -> float:
    return TOP + _INNER_HEIGHT * (1 - value / top)


def _n(number: float) -> str:
    return f"{number:.1f}"
