"""The dates of v1 that are ahead of a client, and which notice of each is due."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Sum

from rollout.calls import UNKNOWN
from rollout.client_health.report import DAYS, concerning
from rollout.lifecycle import ALL, Lifecycle
from rollout.models import DailyCalls, Notice
from rollout.status.counts import old_name

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A date of v1; `end`, `share` and `client` are those of a brownout."""

    kind: Notice.Kind
    at: datetime
    end: datetime | None = None
    share: int = ALL
    client: str = ""

    def days_left(self, now: datetime) -> int:
        """Return the days until the date, rounded up."""
        return -((now - self.at) // _DAY)

    def distance(self, now: datetime, distances: Collection[int]) -> int | None:
        """Return the smallest of these distances, in days, within which the date is; None if it is further away.

        A run that comes late, or the first one after a date was set, so sends the latest notice only.
        """
        return min((days for days in distances if self.at - now <= days * _DAY), default=None)


def deadlines(plan: Lifecycle, name: str, clients: Iterable[str], now: datetime) -> list[Deadline]:
    """Return the dates of a client after a moment, the next one first.

    :param name: the client without its version.
    :param clients: its versions that still call v1; a brownout of another version does not concern it.
    """
    found = [
        Deadline(kind, at)
        for kind, at in ((Notice.Kind.DEPRECATION, plan.deprecated_at), (Notice.Kind.SUNSET, plan.sunset_at))
        if at is not None
    ]
    found += [
        Deadline(Notice.Kind.BROWNOUT, one.start, one.end, one.share, one.client)
        for one in concerning(plan, name, clients, now)
    ]
    return sorted((one for one in found if one.at > now), key=lambda one: (one.at, one.kind))


def callers(today: date) -> dict[str, int]:
    """Return each client that has called v1 in the last DAYS, today included, with its number of calls."""
    rows = DailyCalls.objects.filter(day__range=(today - (DAYS - 1) * _DAY, today), version=old_name())
    counted = rows.exclude(resource=UNKNOWN).values_list("client").annotate(number=Sum("calls")).order_by("client")
    return {client: int(number) for client, number in counted}


def ahead(found: Sequence[Deadline]) -> Mapping[tuple[str, datetime], list[Deadline]]:
    """Return dates by their kind and time; two brownouts may begin at the same time."""
    grouped: dict[tuple[str, datetime], list[Deadline]] = {}
    for one in found:
        grouped.setdefault((one.kind, one.at), []).append(one)
    return grouped
