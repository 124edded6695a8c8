"""Whether v1's share falls, and how fast: a robust line through the weekly log odds.

A share that shrinks to nothing does so along an S: its log odds, log(v1 / the rest), are a straight line. The line is
Theil's and Sen's: its slope is the median of the slopes between each two weeks, so that one odd week (a campaign, a
crawler, an outage) does not turn it. Half a call is added to either side, so that a week without any call of v1 counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import ceil, exp, floor, log, sqrt
from statistics import median

WEEKS = 8
"""How many weeks, up to this one, the line is drawn through."""
LEAST = 4
"""With fewer weeks than these there is no line."""
HALVED_IN = 52
"""Weeks: what would take longer to halve does not fall."""

_NINETY_PERCENT = 1.645  # two-sided, of the normal distribution


@dataclass(frozen=True, slots=True)
class Trend:
    """The line: weeks count from now. `fastest` and `slowest` bound the slope at 90 % (Sen 1968)."""

    points: tuple[tuple[int, float], ...]
    slope: float
    fastest: float
    slowest: float

    @property
    def falls(self) -> bool:
        """Say whether it clearly falls: no fit of these weeks is level, and it would halve within a year."""
        return self.slowest < 0 and self.halves

    @property
    def halves(self) -> bool:
        """Say whether it would halve within a year."""
        return self.slope <= -log(2) / HALVED_IN

    def share_in(self, weeks: float) -> float:
        """Give the share, 0 to 1, that the line comes to in so many weeks."""
        odds = self._level(self.slope) + self.slope * weeks
        return 1 / (1 + exp(-odds)) if odds > 0 else exp(odds) / (1 + exp(odds))

    def weeks_until(self, share: float, slope: float) -> float | None:
        """Give the weeks until the line of this slope is at a share; None: never."""
        if slope >= 0 or share <= 0:
            return None
        return max(0.0, (log(share / (1 - share)) - self._level(slope)) / slope)

    def _level(self, slope: float) -> float:
        return median(odds - slope * week for week, odds in self.points)


def trend(weekly: Sequence[tuple[int, int]]) -> Trend | None:
    """Draw the line; None where there are too few weeks.

    :param weekly: v1's calls and all calls of each week, the latest last; a week without calls tells nothing.
    """
    latest = list(weekly)[-WEEKS:]
    points = tuple(
        (index - len(latest) + 1, log((old + 0.5) / (total - old + 0.5)))
        for index, (old, total) in enumerate(latest)
        if total > 0
    )
    count = len(points)
    if count < LEAST:
        return None
    slopes = sorted((late - early) / (right - left) for (left, early), (right, late) in combinations(points, 2))
    spread = _NINETY_PERCENT * sqrt(count * (count - 1) * (2 * count + 5) / 18)
    low = max(0, floor((len(slopes) - spread) / 2))
    high = min(len(slopes) - 1, ceil((len(slopes) + spread) / 2))
    return Trend(points, slope=median(slopes), fastest=slopes[low], slowest=slopes[high])
