"""Tables in Markdown."""

from collections.abc import Iterable, Sequence

from benchmarks.report.summary import Summary

NOTHING = "–"
"""What was not measured."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Give a table, its columns as wide as they need; all but the first are figures."""
    lines = [list(head), *(list(row) for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    marks = [("-" * width) if place == 0 else "-" * (width - 1) + ":" for place, width in enumerate(widths)]

    def written(cells: Sequence[str]) -> str:
        padded = [
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    return "\n".join([written(lines[0]), written(marks), *(written(line) for line in lines[1:])]) + "\n"


def figure(value: float | None, unit: str = "") -> str:
    """Give a number with as many digits as mean something."""
    if value is None:
        return NOTHING
    if value == int(value) and abs(value) < 1000:
        text = str(int(value))
    else:
        text = f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
    return f"{text} {unit}".rstrip()


def spread(found: Summary | None) -> str:
    """Give a median with the least and the most."""
    if found is None:
        return NOTHING
    if found.least == found.most:
        return figure(found.median)
    return f"{figure(found.median)} ({figure(found.least)}–{figure(found.most)})"
