"""A client's weeks as a line without axes, drawn in the page itself: it needs no script."""

from collections.abc import Sequence

WIDTH, HEIGHT = 96, 24
_EDGE = 2


def points(values: Sequence[float | None]) -> str:
    """Give the `points` of an SVG polyline, zero at the bottom; weeks of which nothing is known are left out."""
    most = max((value for value in values if value is not None), default=0.0) or 1.0
    across, up = (WIDTH - 2 * _EDGE) / max(1, len(values) - 1), HEIGHT - 2 * _EDGE
    return " ".join(
        f"{_EDGE + index * across:.1f},{HEIGHT - _EDGE - up * value / most:.1f}"
        for index, value in enumerate(values)
        if value is not None
    )
