"""The calls of a range of days, in bars of a day or of a week."""

from dataclasses import dataclass
from datetime import date, timedelta

from rollout.status import counts
from rollout.status.counts import Calls
from rollout.status.weeks import DAYS


@dataclass(frozen=True, slots=True)
class Range:
    """How far back to look, and how many days a bar has."""

    title: str
    days: int
    step: int


RANGES = {
    "4-weeks": Range("4 weeks", 4 * DAYS, 1),
    "12-weeks": Range("12 weeks", 12 * DAYS, 1),
    "year": Range("1 year", 52 * DAYS, DAYS),
}
USUAL = "12-weeks"


@dataclass(frozen=True, slots=True)
class Bar:
    """The calls of these days, both ends included."""

    first: date
    last: date
    calls: Calls

    def __str__(self) -> str:
        """Name the days."""
        return str(self.first) if self.first == self.last else f"{self.first} to {self.last}"


def bars(chosen: Range, today: date) -> list[Bar]:
    """Read the calls of a range, the oldest first; the last bar ends with today."""
    first = today - timedelta(days=chosen.days - 1)
    by_day = counts.by_day(first, today)
    return [_bar(by_day, first + timedelta(days=offset), chosen.step) for offset in range(0, chosen.days, chosen.step)]


def _bar(by_day: dict[date, Calls], first: date, step: int) -> Bar:
    days = [first + timedelta(days=offset) for offset in range(step)]
    return Bar(first, days[-1], sum((by_day.get(day, Calls()) for day in days), Calls()))
