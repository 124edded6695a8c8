"""The trend of v1's share, and when it will have fallen to the threshold if the trend continues.

The trend is a robust line through the weekly log odds. A share that shrinks to nothing follows a logistic curve, whose
log odds, log(v1 / the rest), are a straight line. The slope is the median of the slopes between each two weeks (Theil
and Sen), so that one unusual week (a campaign, a crawler, an outage) does not change it much. Half a call is added to
either side, so that a week without any call of v1 counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import combinations
from math import ceil, exp, floor, log, sqrt
from statistics import median

from rollout.status.counts import DAYS, Calls

TREND_WEEKS = 8
"""The line goes through this number of weeks, this week included."""
MIN_WEEKS = 4
"""The fewest weeks for a line."""
MAX_HALF_LIFE = 52
"""Weeks; a share that takes longer to halve does not count as falling."""
HORIZON = 5 * 52
"""Weeks; there is no projection beyond."""
MIDDLE = DAYS // 2
"""Days from the middle of a week, for which its point on the line stands, to its last day."""
_NINETY_PERCENT = 1.645  # two-sided, of the normal distribution


@dataclass(frozen=True, slots=True)
class Trend:
    """The line; weeks are counted from now. `fastest` to `slowest` is the 90 % interval of the slope (Sen 1968)."""

    points: tuple[tuple[int, float], ...]
    slope: float
    fastest: float
    slowest: float

    @property
    def falls(self) -> bool:
        """True if the whole confidence interval falls and the share would halve within a year."""
        return self.slowest < 0 and self.halves

    @property
    def halves(self) -> bool:
        """True if the share would halve within a year."""
        return self.slope <= -log(2) / MAX_HALF_LIFE

    def share_in(self, weeks: float) -> float:
        """Return the share, 0 to 1, that the line reaches in this number of weeks."""
        odds = self._level(self.slope) + self.slope * weeks
        return 1 / (1 + exp(-odds)) if odds > 0 else exp(odds) / (1 + exp(odds))

    def weeks_until(self, share: float, slope: float) -> float | None:
        """Return the weeks until the line with this slope reaches a share, or None if it never does."""
        if slope >= 0 or share <= 0:
            return None
        return max(0.0, (log(share / (1 - share)) - self._level(slope)) / slope)

    def _level(self, slope: float) -> float:
        return median(odds - slope * week for week, odds in self.points)


def trend(weekly: Sequence[tuple[int, int]]) -> Trend | None:
    """Return the line, or None with too few weeks.

    :param weekly: v1's calls and all calls of each week, the latest last; weeks without calls are ignored.
    """
    latest = list(weekly)[-TREND_WEEKS:]
    points = tuple(
        (index - len(latest) + 1, log((old + 0.5) / (total - old + 0.5)))
        for index, (old, total) in enumerate(latest)
        if total > 0
    )
    count = len(points)
    if count < MIN_WEEKS:
        return None
    slopes = sorted((late - early) / (right - left) for (left, early), (right, late) in combinations(points, 2))
    spread = _NINETY_PERCENT * sqrt(count * (count - 1) * (2 * count + 5) / 18)
    low = max(0, floor((len(slopes) - spread) / 2))
    high = min(len(slopes) - 1, ceil((len(slopes) + spread) / 2))
    return Trend(points, slope=median(slopes), fastest=slopes[low], slowest=slopes[high])


class Outlook(StrEnum):
    """The result of the projection."""

    BELOW = "below"
    FALLING = "falling"
    NO_END = "no_end"
    TOO_FEW_WEEKS = "too_few_weeks"


@dataclass(frozen=True, slots=True)
class Projection:
    """The outlook, and while the share is falling, the day of the end.

    Attributes:
        earliest: The day with the fastest slope of the confidence interval.
        latest: The day with the slowest slope; None if that never reaches the threshold.
        stuck: Clients whose share does not fall, if together they are above the threshold.
        left: The share of `stuck`.
    """

    outlook: Outlook
    day: date | None = None
    earliest: date | None = None
    latest: date | None = None
    line: Trend | None = None
    stuck: tuple[str, ...] = ()
    left: float = 0.0

    def share_on(self, day: date, today: date) -> float | None:
        """Return the share that the line reaches on a day, at least that of the stuck clients."""
        if self.line is None:
            return None
        return max(self.left, self.line.share_in(((day - today).days + MIDDLE) / DAYS))


def project(
    totals: Sequence[Calls], clients: Mapping[str, Sequence[Calls]], threshold: float, today: date
) -> Projection:
    """Return the projection.

    :param totals: all calls of each week, the latest last.
    :param clients: the same for each client.
    :param threshold: the share, 0 to 1, at which v1 can be switched off.
    """
    share = totals[-1].share if totals else None
    line = trend([(week.old, week.total) for week in totals])
    if share is not None and share <= threshold:
        return Projection(Outlook.BELOW, line=line)
    if share is None or line is None:
        return Projection(Outlook.TOO_FEW_WEEKS, line=line)
    stuck, left = _stuck(totals, clients)
    if left > threshold:
        return Projection(Outlook.NO_END, line=line, stuck=stuck, left=left)
    day, earliest, latest = (
        _day(line.weeks_until(threshold, slope), today) for slope in (line.slope, line.fastest, line.slowest)
    )
    if day is None or not line.halves:
        return Projection(Outlook.NO_END, line=line)
    return Projection(
        Outlook.FALLING,
        day=day,
        earliest=min(day, earliest or day),
        latest=None if latest is None else max(day, latest),
        line=line,
    )


def share_line(calls: Sequence[Calls], totals: Sequence[Calls]) -> Trend | None:
    """Return the line of a client's share of all calls, or None if it has called v1 in too few weeks."""
    first = next((index for index, week in enumerate(calls) if week.old), len(calls))
    return trend([(week.old, total.total) for week, total in zip(calls[first:], totals[first:], strict=True)])


def _stuck(totals: Sequence[Calls], clients: Mapping[str, Sequence[Calls]]) -> tuple[tuple[str, ...], float]:
    """Return the clients whose share does not fall, and their share together, unless that falls.

    The line of all calls does not show them: it falls while other clients leave, and then stays at their share.
    """
    lines = {name: share_line(calls, totals) for name, calls in clients.items() if calls[-1].old}
    names = [name for name, line in lines.items() if line is not None and not line.falls]
    together = [sum((clients[name][week] for name in names), Calls()) for week in range(len(totals))]
    line = share_line(together, totals)
    if line is None or line.falls:
        return (), 0.0
    names.sort(key=lambda name: (-clients[name][-1].old, name))
    return tuple(names), together[-1].old / totals[-1].total


def _day(weeks: float | None, today: date) -> date | None:
    if weeks is None or weeks > HORIZON:
        return None
    return today + timedelta(days=max(1, ceil(weeks * DAYS)))
