"""The page *Migration*; the admin site, which mounts it, restricts it to staff."""

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from rollout.conf import conf
from rollout.dashboard.charts import (
    DEFAULT_RANGE,
    RANGES,
    SPARKLINE_HEIGHT,
    SPARKLINE_WIDTH,
    Bar,
    bars,
    charts,
    marked_brownouts,
    sparkline,
)
from rollout.lifecycle import merged
from rollout.plan import read_saved
from rollout.status import counts
from rollout.status.counts import new_name, old_name
from rollout.status.status import Client, Criteria, Status, status
from rollout.status.verdict import facts, pace, percent, refused, verdict


def page(request: HttpRequest) -> HttpResponse:
    """Show the state of the migration; `?range=` is one of RANGES.

    The page sets no Content-Security-Policy, because it is laid out by the project's admin, whose theme may have
    inline scripts or files of other hosts. It has no inline code of its own, so any policy that allows the project's
    static files will do.
    """
    name = request.GET.get("range", DEFAULT_RANGE)
    if name not in RANGES:
        raise Http404("There is no such range.")
    found = status(timezone.now(), Criteria())
    context = {
        **admin.site.each_context(request),
        "title": f"Migration from {old_name()} to {new_name()}",
        "old": old_name(),
        "new": new_name(),
        "status": found,
        "verdict": verdict(found),
        **(_recorded(found, name) if found.recorded else {"flush_seconds": conf.flush_seconds}),
    }
    return TemplateResponse(request, "rollout/dashboard.html", context)


def _recorded(found: Status, name: str) -> dict[str, Any]:
    chosen = RANGES[name]
    shown = bars(chosen, found.today)
    # Past brownouts, which `lifecycle` leaves out, explain the days shown.
    brownouts = merged(read_saved(datetime.combine(shown[0].first, time(), UTC))).brownouts
    found = replace(found, plan=replace(found.plan, brownouts=brownouts))
    return {
        "facts": facts(found),
        "pace": pace(found),
        "refused": refused(found),
        "ranges": [{"name": one, "title": each.title, "current": one == name} for one, each in RANGES.items()],
        "range": chosen,
        "charts": charts(found, chosen, shown),
        "rows": [_row(bar) for bar in reversed(shown)],
        "brownouts": marked_brownouts(found.plan, shown),
        "clients": _clients([client for client in found.clients if not client.gone]),
        "gone": [client for client in found.clients if client.gone],
        "outcomes": _outcomes(found, shown),
        "spark": {"width": SPARKLINE_WIDTH, "height": SPARKLINE_HEIGHT},
    }


def _row(bar: Bar) -> dict[str, Any]:
    calls = bar.calls
    numbers = {
        name: f"{number:,}" for name, number in (("old", calls.old), ("refused", calls.refused), ("new", calls.new))
    }
    return {"days": str(bar), **numbers, "share": percent(calls.share)}


def _clients(clients: list[Client]) -> list[dict[str, Any]]:
    most = max((client.parts[-1] or 0 for client in clients), default=0)
    return [_client(client, most) for client in clients]


def _client(client: Client, most: float) -> dict[str, Any]:
    """Return a row of the table.

    :param most: the share of the largest client, whose bar is full.
    """
    return {
        "name": client.name,
        "part": percent(client.parts[-1]),
        "width": _width((client.parts[-1] or 0) / most),
        "own": percent(client.calls[-1].share),
        "points": sparkline(client.parts),
        "falls": None if client.line is None else client.line.falls,
        "last_day": client.last_day,
    }


def _outcomes(found: Status, shown: list[Bar]) -> list[dict[str, Any]]:
    numbers = counts.outcomes(shown[0].first, found.today)
    total = sum(numbers.values())
    return [
        {"name": name, "calls": f"{number:,}", "part": percent(number / total), "width": _width(number / total)}
        for name, number in numbers.items()
    ]


def _width(share: float) -> str:
    return f"{100 * share:.2f}%"
