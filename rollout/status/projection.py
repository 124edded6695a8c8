"""When v1's share will have fallen to the threshold, if it goes on as it does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from math import ceil

from rollout.status.counts import Calls
from rollout.status.trend import Trend, trend
from rollout.status.weeks import DAYS

HORIZON = 5 * 52
"""Weeks: nobody can say what is farther off."""
MIDDLE = DAYS // 2
"""A point of the line stands for the middle of its week, so many days before its last."""


class Outlook(StrEnum):
    """What the last weeks lead to."""

    BELOW = "below"
    FALLING = "falling"
    NO_END = "no_end"
    TOO_FEW_WEEKS = "too_few_weeks"


@dataclass(frozen=True, slots=True)
class Projection:
    """The outlook; while it is falling, the day, and what the spread of the weeks allows as well.

    `latest` is None where these weeks would also fit that it never comes. `stuck` are the clients that do not fall, if
    they alone are above the threshold; `left` is their share.
    """

    outlook: Outlook
    day: date | None = None
    earliest: date | None = None
    latest: date | None = None
    line: Trend | None = None
    stuck: tuple[str, ...] = ()
    left: float = 0.0

    def share_on(self, day: date, today: date) -> float | None:
        """Give the share that the line comes to on one day; at least what is stuck."""
        if self.line is None:
            return None
        return max(self.left, self.line.share_in(((day - today).days + MIDDLE) / DAYS))


def project(
    totals: Sequence[Calls], clients: Mapping[str, Sequence[Calls]], threshold: float, today: date
) -> Projection:
    """Project the end.

    :param totals: all calls of each week, the latest last.
    :param clients: the same of each client.
    :param threshold: the share, 0 to 1, at which v1 can go.
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
    """Draw the line of one client's part in all calls; None where it has called v1 in too few weeks."""
    first = next((index for index, week in enumerate(calls) if week.old), len(calls))
    return trend([(week.old, total.total) for week, total in zip(calls[first:], totals[first:], strict=True)])


def _stuck(totals: Sequence[Calls], clients: Mapping[str, Sequence[Calls]]) -> tuple[tuple[str, ...], float]:
    """Give the clients whose part does not fall, and what they are together, if together they do not fall either.

    The line of the whole does not see them: while others leave it falls, and then stays where they are.
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
