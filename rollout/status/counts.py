"""Queries of the ledger: the calls of each week, client and day, and how many users still call a version.

Each function is one or few grouped queries. Calls of paths that do not exist are left out: no client depends on a 404,
and the calls of vulnerability scanners would count as calls of v1. Versions are named as the ledger names them, by the
end of their prefix.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from django.db.models import Case, Exists, IntegerField, Max, Min, OuterRef, Q, QuerySet, Sum, Value, When

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


def by_day(first: date, last: date) -> dict[date, Calls]:
    """Return the calls of each day that has any."""
    found: defaultdict[date, Calls] = defaultdict(Calls)
    for day, *counted in _counted(_between(first, last), "day"):
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


def by_resource(first: date, last: date) -> dict[str, Calls]:
    """Return the calls of each resource in these days."""
    found: defaultdict[str, Calls] = defaultdict(Calls)
    for resource, *counted in _counted(_between(first, last), "resource"):
        found[resource] += _calls(*counted)
    return dict(found)


def last_days(of: Literal["client", "resource"]) -> dict[str, date]:
    """Return the day of v1's last call by each client, or to each resource, as far back as the ledger goes."""
    rows = DailyCalls.objects.filter(version=old_name()).exclude(resource=UNKNOWN)
    return dict(rows.values_list(of).annotate(last=Max("day")))


def outcomes(first: date, last: date) -> dict[str, int]:
    """Return how often v1's calls had each outcome, the most frequent first."""
    rows = _between(first, last).filter(version=old_name()).values_list("outcome").annotate(number=Sum("calls"))
    return {outcome: int(number) for outcome, number in rows.order_by("-number", "outcome")}


def users(since: datetime) -> Users:
    """Count the users who have called since a moment."""
    lately = LastCall.objects.filter(at__gte=since)
    old, new = lately.filter(version=old_name()), lately.filter(version=new_name())
    return Users(
        old=old.count(),
        moving=old.filter(Exists(new.filter(user=OuterRef("user")))).count(),
        new=new.count(),
    )


def _between(first: date, last: date) -> QuerySet[DailyCalls]:
    rows = DailyCalls.objects.filter(day__range=(first, last), version__in=(old_name(), new_name()))
    return rows.exclude(resource=UNKNOWN)


def _counted(rows: QuerySet[DailyCalls], *by: str) -> Iterable[tuple[Any, ...]]:
    return (
        rows.values_list(*by, "version")
        .annotate(number=Sum("calls"), refused=Sum("calls", filter=Q(outcome=REFUSED), default=0))
        .order_by()
    )


def _calls(version: str, number: int, refused: int) -> Calls:
    # PostgreSQL's sum of big integers is a decimal.
    return Calls(old=int(number), refused=int(refused)) if version == old_name() else Calls(new=int(number))
