"""The report on one client: its calls of both versions by resource, its dates, and what it has to change."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Max, Q, Sum

from rollout.calls import UNKNOWN
from rollout.clients import product_of
from rollout.lifecycle import Brownout, Lifecycle, lifecycle
from rollout.models import DailyCalls
from rollout.status.counts import REFUSED, new_name, old_name
from shared.contract.bodies import rfc3339
from shared.contract.declarations import registry
from shared.http.urls import current, old

DAYS = 30
"""Days, today included, whose calls are counted."""
LAST_USE_DAYS = 90
"""Days, today included, in which the last use is looked for: the ledger may have years."""


@dataclass(frozen=True, slots=True)
class Use:
    """Calls of one version: their number and those refused with 410 in DAYS, and the last day in LAST_USE_DAYS."""

    calls: int = 0
    refused: int = 0
    last: date | None = None

    def __add__(self, other: "Use") -> "Use":
        last = max((day for day in (self.last, other.last) if day is not None), default=None)
        return Use(self.calls + other.calls, self.refused + other.refused, last)


@dataclass(frozen=True, slots=True)
class Both:
    """The use of the old and of the current version."""

    old: Use = Use()
    new: Use = Use()

    def __add__(self, other: "Both") -> "Both":
        return Both(self.old + other.old, self.new + other.new)


@dataclass(frozen=True, slots=True)
class Usage:
    """The use by the versions of one client, `ShopApp/2.1`, and by resource."""

    clients: dict[str, Both]
    resources: dict[str, Both]

    @property
    def total(self) -> Both:
        """The use by all versions of the client."""
        return sum(self.clients.values(), Both())


def usage(name: str, today: date) -> Usage:
    """Read the use of both versions by all versions of a client, in one query.

    :param name: the client without its version, `ShopApp`.
    """
    clients: defaultdict[str, Both] = defaultdict(Both)
    resources: defaultdict[str, Both] = defaultdict(Both)
    counted = Q(day__gt=today - timedelta(days=DAYS))
    rows = (
        DailyCalls.objects.filter(Q(client=name) | Q(client__startswith=f"{name}/"))
        .filter(day__range=(today - timedelta(days=LAST_USE_DAYS - 1), today), version__in=(old_name(), new_name()))
        .exclude(resource=UNKNOWN)
        .values_list("version", "client", "resource")
        .annotate(
            number=Sum("calls", filter=counted, default=0),
            refused=Sum("calls", filter=counted & Q(outcome=REFUSED), default=0),
            last=Max("day"),
        )
        .order_by()
    )
    for version, client, resource, number, refused, last in rows:
        # On SQLite `startswith` ignores case; names of clients do not.
        if product_of(client) == name:
            use = Use(int(number), int(refused), last)
            both = Both(old=use) if version == old_name() else Both(new=use)
            clients[client] += both
            resources[resource] += both
    return Usage(dict(sorted(clients.items())), dict(sorted(resources.items())))


def concerning(plan: Lifecycle, name: str, clients: Iterable[str], now: datetime) -> list[Brownout]:
    """Return the brownouts of a client that are not over and begin before the sunset, the next one first.

    :param clients: the versions of the client whose own brownouts matter.
    """
    names = {name, *clients}
    found = [
        one
        for one in plan.brownouts
        if one.end > now and (plan.sunset_at is None or one.start < plan.sunset_at) and any(map(one.concerns, names))
    ]
    return sorted(found, key=lambda one: one.start)


def report(name: str, now: datetime) -> dict[str, Any]:
    """Return the body of the resource, for one client."""
    found, plan = usage(name, now.date()), lifecycle()
    total = found.total
    calls = total.old.calls + total.new.calls
    return {
        "client": name,
        "as_of": rfc3339(now),
        "days": DAYS,
        "old": {"version": old_name(), "prefix": old_prefix(), **_use(total.old), "refused": total.old.refused},
        "new": {"version": new_name(), "prefix": current().prefix, **_use(total.new)},
        "share_moved": round(total.new.calls / calls, 4) if calls else None,
        "versions": [{"client": client, **_both(both)} for client, both in found.clients.items()],
        "resources": [{"resource": resource, **_both(both)} for resource, both in found.resources.items()],
        "to_change": _to_change(found),
        **_dates(plan, name, found.clients, now),
    }


def _use(use: Use) -> dict[str, Any]:
    return {"calls": use.calls, "last_use": None if use.last is None else use.last.isoformat()}


def _both(both: Both) -> dict[str, Any]:
    return {"old": _use(both.old), "new": _use(both.new)}


def old_prefix() -> str | None:
    """Return the prefix of the old version; None if it was removed for good."""
    api = old()
    return None if api is None else api.prefix


def _to_change(found: Usage) -> list[dict[str, Any]]:
    """Return the resources that are still called on the old version, the most called one first."""
    called = [(resource, both.old) for resource, both in found.resources.items() if both.old.calls]
    return [
        {
            "resource": resource,
            "old_path": _path(resource, old_prefix()),
            "new_path": _path(resource, current().prefix),
            **_use(use),
        }
        for resource, use in sorted(called, key=lambda one: -one[1].calls)
    ]


def _path(resource: str, prefix: str | None) -> str | None:
    """Return the path of a declared resource; None for a project's own, whose path the ledger does not know."""
    if prefix is None:
        return None
    declared = registry.get(resource)
    endpoint = registry.root if resource == "root" else None if declared is None else declared.endpoints[0]
    return None if endpoint is None else endpoint.uri(prefix)


def _dates(plan: Lifecycle, name: str, clients: Iterable[str], now: datetime) -> dict[str, Any]:
    return {
        "deprecated_at": rfc3339(plan.deprecated_at),
        "sunset_at": rfc3339(plan.sunset_at),
        "guide": plan.guide,
        "brownouts": [
            {
                "start": rfc3339(one.start),
                "end": rfc3339(one.end),
                "share": one.share,
                "client": one.client or None,
            }
            for one in concerning(plan, name, clients, now)
        ],
    }
