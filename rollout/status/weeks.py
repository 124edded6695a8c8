"""Weeks as the figures count them: seven days (UTC), the last of which ends with today."""

from dataclasses import dataclass
from datetime import date, timedelta

DAYS = 7


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days, both ends included."""

    first: date
    last: date


def weeks(until: date, count: int) -> list[Week]:
    """Give so many weeks, the oldest first.

    :param until: the last day of the last week.
    """
    ends = [until - timedelta(days=DAYS * back) for back in reversed(range(count))]
    return [Week(end - timedelta(days=DAYS - 1), end) for end in ends]
