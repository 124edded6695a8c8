"""What the ledger has counted, in few grouped queries.

Calls of paths that there are not are left out: nobody depends on a 404, and whoever scans for holes would keep v1
alive.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, IntegerField, Max, Min, Q, QuerySet, Sum, Value, When

from rollout.calls import UNKNOWN
from rollout.models import DailyCalls
from rollout.status.versions import OLD_NAME
from rollout.status.weeks import Week
from shared.contract.errors import VersionRetired

REFUSED = VersionRetired.code


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls of v1 and of what follows it; `refused` are those of v1 that got 410, and are part of `old`."""

    old: int = 0
    refused: int = 0
    new: int = 0

    @property
    def total(self) -> int:
        """Give the calls of both."""
        return self.old + self.new

    @property
    def share(self) -> float | None:
        """Give v1's part of them, 0 to 1; None where there were none."""
        return self.old / self.total if self.total else None

    def __add__(self, other: "Calls") -> "Calls":
        return Calls(self.old + other.old, self.refused + other.refused, self.new + other.new)


@dataclass(frozen=True, slots=True)
class Recorded:
    """The first and the last day of which anything is known."""

    first: date
    last: date


def recorded() -> Recorded | None:
    """Say since when there is a record, and until when; None where there is nothing."""
    found = DailyCalls.objects.aggregate(first=Min("day"), last=Max("day"))
    return None if found["first"] is None else Recorded(found["first"], found["last"])


def by_day(first: date, last: date) -> dict[date, Calls]:
    """Give the calls of each day on which there were any."""
    found: defaultdict[date, Calls] = defaultdict(Calls)
    for day, *counted in _counted(_between(first, last), "day"):
        found[day] += _calls(*counted)
    return dict(found)


def by_client(weeks: Sequence[Week]) -> dict[str, list[Calls]]:
    """Give each client's calls in each of these weeks, which follow one another."""
    number = Case(
        *(When(day__gte=week.first, then=Value(index)) for index, week in reversed(list(enumerate(weeks)))),
        output_field=IntegerField(),
    )
    rows = _between(weeks[0].first, weeks[-1].last).annotate(week=number)
    found: defaultdict[str, list[Calls]] = defaultdict(lambda: [Calls()] * len(weeks))
    for client, week, *counted in _counted(rows, "client", "week"):
        found[client][week] += _calls(*counted)
    return dict(found)


def last_days() -> dict[str, date]:
    """Give the day on which each client last called v1, as far back as the record reaches."""
    rows = DailyCalls.objects.filter(version=OLD_NAME).exclude(resource=UNKNOWN)
    return dict(rows.values_list("client").annotate(last=Max("day")))


def outcomes(first: date, last: date) -> dict[str, int]:
    """Give what came of v1's calls, the most frequent first."""
    rows = _between(first, last).filter(version=OLD_NAME).values_list("outcome").annotate(number=Sum("calls"))
    return {outcome: int(number) for outcome, number in rows.order_by("-number", "outcome")}


def _between(first: date, last: date) -> QuerySet[DailyCalls]:
    return DailyCalls.objects.filter(day__range=(first, last)).exclude(resource=UNKNOWN)


def _counted(rows: QuerySet[DailyCalls], *by: str) -> Iterable[tuple[Any, ...]]:
    return (
        rows.values_list(*by, "version")
        .annotate(number=Sum("calls"), refused=Sum("calls", filter=Q(outcome=REFUSED), default=0))
        .order_by()
    )


def _calls(version: str, number: int, refused: int) -> Calls:
    # PostgreSQL's sum of big integers is a decimal.
    return Calls(old=int(number), refused=int(refused)) if version == OLD_NAME else Calls(new=int(number))
