"""The state of the migration at one moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from rollout.lifecycle import Lifecycle, lifecycle
from rollout.status import counts
from rollout.status.counts import Calls, Recorded, Users, Week, users, weeks
from rollout.status.projection import Projection, Trend, project, share_line

WEEKS = 13
"""This week and the twelve before."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """The limits below which v1 can be switched off.

    Attributes:
        share: The share of v1, 0 to 1, of a week's calls.
        users: The users who depend on v1.
        days: Days after which a user who has not called no longer counts.
    """

    share: float = 0.01
    users: int = 0
    days: int = 28


@dataclass(frozen=True, slots=True)
class Client:
    """A client that has called v1.

    Attributes:
        calls: Its calls in each week.
        parts: Its calls of v1 in each week as a share of the calls of all clients.
        users: The users who made their last call of v1 with it, in the last `criteria.days`.
    """

    name: str
    calls: tuple[Calls, ...]
    parts: tuple[float | None, ...]
    line: Trend | None
    last_day: date
    users: int = 0

    @property
    def gone(self) -> bool:
        """True if it has not called v1 this week."""
        return self.calls[-1].old == 0


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of v1; `calls` are those of the last week."""

    name: str
    calls: Calls
    last_day: date


@dataclass(frozen=True, slots=True)
class Status:
    """The state of the migration.

    Attributes:
        clients: Those that have called v1 in these weeks, the largest first.
        resources: Those of v1 that were called in these weeks, likewise.
        users_without_client: The users of v1 whose client is not known: a release recorded their last call that did
            not record clients.
    """

    now: datetime
    criteria: Criteria
    recorded: Recorded | None
    weeks: tuple[Week, ...]
    totals: tuple[Calls, ...]
    clients: tuple[Client, ...]
    resources: tuple[Resource, ...]
    users: Users
    projection: Projection
    plan: Lifecycle
    users_without_client: int = 0

    @property
    def today(self) -> date:
        """The day (UTC)."""
        return self.now.date()

    @property
    def days_recorded(self) -> int:
        """How many days the ledger goes back, today included."""
        return 0 if self.recorded is None else (self.today - self.recorded.first).days + 1

    @property
    def sunset(self) -> date | None:
        """The day of the planned sunset."""
        return None if self.plan.sunset_at is None else self.plan.sunset_at.date()

    @property
    def days_left(self) -> int | None:
        """The days until the day of the planned sunset; negative after it."""
        return None if self.sunset is None else (self.sunset - self.today).days


def status(now: datetime, criteria: Criteria) -> Status:
    """Return the state at a moment.

    :param now: aware, in UTC.
    """
    window = weeks(now.date(), WEEKS)
    found = counts.by_client(window)
    since = now - timedelta(days=criteria.days)
    by_client = counts.users_by_client(since)
    totals = [sum((calls[index] for calls in found.values()), Calls()) for index in range(WEEKS)]
    return Status(
        now=now,
        criteria=criteria,
        recorded=counts.recorded(),
        weeks=tuple(window),
        totals=tuple(totals),
        clients=_clients(found, totals, by_client),
        resources=_resources(window),
        users=users(since),
        projection=project(totals, found, criteria.share, now.date()),
        plan=lifecycle(),
        users_without_client=by_client.get("", 0),
    )


def _clients(found: dict[str, list[Calls]], totals: Sequence[Calls], users_of: Mapping[str, int]) -> tuple[Client, ...]:
    last_days = counts.last_days("client")
    clients = [
        Client(
            name=name,
            calls=tuple(calls),
            parts=tuple(
                week.old / total.total if total.total else None for week, total in zip(calls, totals, strict=True)
            ),
            line=share_line(calls, totals),
            last_day=last_days[name],
            users=users_of.get(name, 0),
        )
        for name, calls in found.items()
        if any(week.old for week in calls)
    ]
    return tuple(sorted(clients, key=lambda one: (-one.calls[-1].old, -one.last_day.toordinal(), one.name)))


def _resources(window: Sequence[Week]) -> tuple[Resource, ...]:
    week = counts.by_resource(window[-1].first, window[-1].last)
    resources = [
        Resource(name, week.get(name, Calls()), last_day)
        for name, last_day in counts.last_days("resource").items()
        if last_day >= window[0].first
    ]
    return tuple(sorted(resources, key=lambda one: (-one.calls.old, -one.last_day.toordinal(), one.name)))
