"""Queries of the ledger: the calls of each week, client and day, and how many users still call a version.

Each function is one or few grouped queries. Calls of paths that do not exist are left out: no client depends on a 404,
and the calls of vulnerability scanners would count as calls of v1. Versions are named as the ledger names them, by the
end of their prefix.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

from django.db.models import Case, Count, Exists, IntegerField, Max, Min, OuterRef, Q, QuerySet, Sum, Value, When
from django.db.models.functions import TruncDate

from rollout.calls import UNKNOWN
from rollout.models import DailyCalls, LastCall
from shared.contract.errors import VersionRetired
from shared.http.urls import current, old

REFUSED = VersionRetired.code
DAYS = 7
"""Days of a week; the last week ends with today, and days are UTC."""


def old_name() -> str:
    """Return the name of the old version; `v1` if its API was deleted and is not in `RETIRED_APIS`."""
    api = old()
    return "v1" if api is None else api.version


def new_name() -> str:
    """Return the name of the current version."""
    return current().version


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days, both ends included."""

    first: date
    last: date


def weeks(until: date, count: int) -> list[Week]:
    """Return this number of weeks, the oldest first.

    :param until: the last day of the last week.
    """
    ends = [until - timedelta(days=DAYS * back) for back in reversed(range(count))]
    return [Week(end - timedelta(days=DAYS - 1), end) for end in ends]


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls of v1 and of v2; `refused` are those of v1 that were answered 410, and are included in `old`."""

    old: int = 0
    refused: int = 0
    new: int = 0

    @property
    def total(self) -> int:
        """The calls of both versions."""
        return self.old + self.new

    @property
    def share(self) -> float | None:
        """The share of v1, 0 to 1, or None without calls."""
        return self.old / self.total if self.total else None

    def __add__(self, other: "Calls") -> "Calls":
        return Calls(self.old + other.old, self.refused + other.refused, self.new + other.new)


@dataclass(frozen=True, slots=True)
class Recorded:
    """The first and the last day with a call."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Users:
    """Users who have called with a credential lately.

    Attributes:
        old: Users who called v1.
        moving: Users who called both.
        new: Users who called v2.
    """

    old: int
    moving: int
    new: int

    @property
    def depend(self) -> int:
        """Users who called v1 only."""
        return self.old - self.moving


def recorded() -> Recorded | None:
    """Return the first and the last recorded day, or None if the ledger is empty."""
    found = DailyCalls.objects.aggregate(first=Min("day"), last=Max("day"))
    return None if found["first"] is None else Recorded(found["first"], found["last"])


def by_day(first: date, last: date, client: str | None = None) -> dict[date, Calls]:
    """Return the calls of each day that has any, of all clients or of one."""
    found: defaultdict[date, Calls] = defaultdict(Calls)
    for day, *counted in _counted(_between(first, last, client), "day"):
        found[day] += _calls(*counted)
    return dict(found)


def by_client(weeks: Sequence[Week]) -> dict[str, list[Calls]]:
    """Return each client's calls in each of these consecutive weeks."""
    number = Case(
        *(When(day__gte=week.first, then=Value(index)) for index, week in reversed(list(enumerate(weeks)))),
        output_field=IntegerField(),
    )
    rows = _between(weeks[0].first, weeks[-1].last).annotate(week=number)
    found: defaultdict[str, list[Calls]] = defaultdict(lambda: [Calls()] * len(weeks))
    for client, week, *counted in _counted(rows, "client", "week"):
        found[client][week] += _calls(*counted)
    return dict(found)


def by_resource(first: date, last: date, client: str | None = None) -> dict[str, Calls]:
    """Return the calls of each resource in these days, of all clients or of one."""
    found: defaultdict[str, Calls] = defaultdict(Calls)
    for resource, *counted in _counted(_between(first, last, client), "resource"):
        found[resource] += _calls(*counted)
    return dict(found)


def by_client_and_resource(weeks: Sequence[Week]) -> dict[tuple[str, str], tuple[Calls, Calls]]:
    """Return the calls of each client to each resource: those of the last week, and those of all weeks."""
    found: defaultdict[tuple[str, str], tuple[Calls, Calls]] = defaultdict(lambda: (Calls(), Calls()))
    late = Case(When(day__gte=weeks[-1].first, then=Value(1)), default=Value(0), output_field=IntegerField())
    rows = _between(weeks[0].first, weeks[-1].last).annotate(late=late)
    for client, resource, is_late, *counted in _counted(rows, "client", "resource", "late"):
        week, total = found[client, resource]
        calls = _calls(*counted)
        found[client, resource] = (week + calls if is_late else week, total + calls)
    return dict(found)


def last_days(of: Literal["client", "resource"]) -> dict[str, date]:
    """Return the day of v1's last call by each client, or to each resource, as far back as the ledger goes."""
    rows = DailyCalls.objects.filter(version=old_name()).exclude(resource=UNKNOWN)
    return dict(rows.values_list(of).annotate(last=Max("day")))


def last_day(client: str) -> date | None:
    """Return the day of a client's last call of v1, or None if it has not called it."""
    rows = DailyCalls.objects.filter(version=old_name(), client=client).exclude(resource=UNKNOWN)
    found: date | None = rows.aggregate(last=Max("day"))["last"]
    return found


def last_days_by_client_and_resource() -> dict[tuple[str, str], date]:
    """Return the day of v1's last call by each client to each resource, as far back as the ledger goes."""
    rows = DailyCalls.objects.filter(version=old_name()).exclude(resource=UNKNOWN).values_list("client", "resource")
    return {(client, resource): day for client, resource, day in rows.annotate(last=Max("day"))}


def outcomes(first: date, last: date, client: str | None = None) -> dict[str, int]:
    """Return how often v1's calls had each outcome, the most frequent first; of all clients or of one."""
    rows = _between(first, last, client).filter(version=old_name()).values_list("outcome").annotate(number=Sum("calls"))
    return {outcome: int(number) for outcome, number in rows.order_by("-number", "outcome")}


def old_calls(week: Week) -> dict[str, tuple[int, int]]:
    """Return the calls of v1 that each client made on the last day of a week, and in the week."""
    rows = _between(week.first, week.last).filter(version=old_name()).values_list("client")
    found = rows.annotate(day_calls=Sum("calls", filter=Q(day=week.last), default=0), week_calls=Sum("calls"))
    return {client: (int(day), int(all_days)) for client, day, all_days in found.order_by()}


def users(since: datetime) -> Users:
    """Count the users who have called since a moment."""
    lately = LastCall.objects.filter(at__gte=since)
    old, new = lately.filter(version=old_name()), lately.filter(version=new_name())
    return Users(
        old=old.count(),
        moving=old.filter(Exists(new.filter(user=OuterRef("user")))).count(),
        new=new.count(),
    )


def users_by_client(since: datetime) -> dict[str, int]:
    """Return how many users made their last call of v1 with each client since a moment.

    The client is empty for calls that were recorded without one.
    """
    rows = LastCall.objects.filter(version=old_name(), at__gte=since).values_list("client")
    return dict(rows.annotate(number=Count("pk")).order_by())


def last_user_calls(since: datetime) -> dict[date, int]:
    """Return by day how many users made their last call of v1 on it, from a moment on."""
    rows = LastCall.objects.filter(version=old_name(), at__gte=since).values_list(TruncDate("at", tzinfo=UTC))
    return dict(rows.annotate(number=Count("pk")).order_by())


def old_users_since(*moments: datetime) -> tuple[int, ...]:
    """Count the users who have called v1 since each moment; the first moment is the earliest."""
    rows = LastCall.objects.filter(version=old_name(), at__gte=moments[0])
    counts = {f"since_{index}": Count("pk", filter=Q(at__gte=moment)) for index, moment in enumerate(moments)}
    return tuple(rows.aggregate(**counts).values())


def midnight(day: date) -> datetime:
    """Return the beginning of a day, in UTC."""
    return datetime.combine(day, time(), UTC)


def _between(first: date, last: date, client: str | None = None) -> QuerySet[DailyCalls]:
    rows = DailyCalls.objects.filter(day__range=(first, last), version__in=(old_name(), new_name()))
    rows = rows.exclude(resource=UNKNOWN)
    return rows if client is None else rows.filter(client=client)


def _counted(rows: QuerySet[DailyCalls], *by: str) -> Iterable[tuple[Any, ...]]:
    return (
        rows.values_list(*by, "version")
        .annotate(number=Sum("calls"), refused=Sum("calls", filter=Q(outcome=REFUSED), default=0))
        .order_by()
    )


def _calls(version: str, number: int, refused: int) -> Calls:
    # PostgreSQL's sum of big integers is a decimal.
    return Calls(old=int(number), refused=int(refused)) if version == old_name() else Calls(new=int(number))
