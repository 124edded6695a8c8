"""An estimate of the calls that a brownout would have refused, from the calls of the last days.

The ledger counts by day, so it does not tell how many calls the hours of a brownout have. They are taken to be spread
evenly over the day; a brownout of a whole day or more needs no such assumption.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from rollout.lifecycle import ALL, Brownout, is_named
from rollout.status import counts
from rollout.status.counts import DAYS, Week, midnight, old_name

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Estimate:
    """The calls of v1 that would have been refused in a time.

    Attributes:
        calls: The calls of v1 by the clients that the brownout names, in the whole time.
        refused: How many of them it would have refused.
        users: The most users who would have noticed: those who have called v1 since the beginning of the time, with
            whichever client, and not more than the calls. The ledger has the client of a user's last call only, and
            the user may have used others.
    """

    calls: int
    refused: int
    users: int

    @property
    def words(self) -> str:
        """Return the calls in words."""
        if not self.calls:
            return "no calls"
        about = "" if self.refused == self.calls else "about "
        return f"{about}{self.refused:,} of {self.calls:,} calls"


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a brownout would have refused yesterday, and on the seven days before today if it had been on each."""

    yesterday: Estimate
    week: Estimate

    def __str__(self) -> str:
        """Return both in one sentence."""
        users = f"{self.yesterday.users:,} user{'' if self.yesterday.users == 1 else 's'}"
        return (
            f"Yesterday it would have refused {self.yesterday.words} of {old_name()}, at the same hours of the "
            f"{DAYS} days before today {self.week.words}. At most {users} would have noticed yesterday."
        )


@dataclass(frozen=True, slots=True)
class RecentCalls:
    """The calls of v1 by client, of yesterday and of the seven days that end with it, and the users since then."""

    clients: Mapping[str, tuple[int, int]]
    users: tuple[int, int]

    def of(self, client: str) -> "RecentCalls":
        """Return the calls of one client only."""
        return RecentCalls({client: self.clients.get(client, (0, 0))}, self.users)

    def words(self, client: str) -> str:
        """Return in a sentence how often the clients that a brownout names have called v1.

        :param client: as in a brownout; empty: all.
        """
        yesterday, week = self._sums(client)
        return (
            f"{client or 'All clients'} made {yesterday:,} calls of {old_name()} yesterday, and {week:,} in the "
            f"{DAYS} days before today."
        )

    def forecast(self, brownout: Brownout) -> Forecast:
        """Return what a brownout would have refused."""
        part = min(brownout.length / _DAY, 1.0) * brownout.share / ALL
        yesterday, week = (
            Estimate(calls, round(part * calls), min(users, calls))
            for calls, users in zip(self._sums(brownout.client), self.users, strict=True)
        )
        return Forecast(yesterday, week)

    def _sums(self, name: str) -> tuple[int, int]:
        concerned = [calls for client, calls in self.clients.items() if is_named(client, name)]
        return sum(day for day, _ in concerned), sum(week for _, week in concerned)


def recent_calls(today: date) -> RecentCalls:
    """Read the calls of the seven days before today, in two queries."""
    week = Week(today - timedelta(days=DAYS), today - timedelta(days=1))
    in_week, since_yesterday = counts.old_users_since(midnight(week.first), midnight(week.last))
    return RecentCalls(counts.old_calls(week), (since_yesterday, in_week))
