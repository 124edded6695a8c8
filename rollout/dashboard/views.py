"""The page *Migration*; the admin site, which mounts it, restricts it to staff."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from rollout.clients import MAX_LENGTH, product_of
from rollout.conf import conf
from rollout.dashboard import content, links
from rollout.dashboard.brownouts import Shown
from rollout.dashboard.charts import DEFAULT_RANGE, RANGES, SPARKLINE_HEIGHT, SPARKLINE_WIDTH
from rollout.models import Brownout, DailyCalls, Plan
from rollout.status.counts import new_name, old_name
from rollout.status.status import Criteria, Status, status
from rollout.status.verdict import verdict

SPARK = {"width": SPARKLINE_WIDTH, "height": SPARKLINE_HEIGHT}


def page(request: HttpRequest) -> HttpResponse:
    """Show the state of the migration, or the calls of one client.

    `?range=` is one of RANGES, and `?client=` the name of a client in the ledger.

    The page sets no Content-Security-Policy, because it is laid out by the project's admin, whose theme may have
    inline scripts or files of other hosts. It has no inline code of its own, so any policy that allows the project's
    static files will do.
    """
    range_name = request.GET.get("range", DEFAULT_RANGE)
    if range_name not in RANGES:
        raise Http404("There is no such range.")
    if (client := request.GET.get("client")) is not None:
        return _client_page(request, client, range_name)
    found = status(timezone.now(), Criteria())
    context = {
        **_shared(request),
        "title": f"Migration from {old_name()} to {new_name()}",
        "status": found,
        "verdict": verdict(found),
        **(_recorded(request, found, range_name) if found.recorded else {"flush_seconds": conf.flush_seconds}),
    }
    return TemplateResponse(request, "rollout/dashboard.html", context)


def _client_page(request: HttpRequest, client: str, range_name: str) -> HttpResponse:
    # PostgreSQL refuses a NUL.
    if "\0" in client or len(client) > MAX_LENGTH:
        raise Http404("There is no such client.")
    now = timezone.now()
    product = product_of(client)
    shown = content.client(client, now, range_name)
    _link(request, shown["resources"], resource="name", client=client)
    _link(request, shown["outcomes"], outcome="name", version=old_name(), client=client)
    _link(request, shown["rows"], day__gte="first", day__lte="last", client=client)
    context = {
        **_shared(request),
        **shown,
        "title": f"Calls of {client}",
        "now": now,
        "ranges": _ranges(request, range_name, client=client),
        "brownouts": _linked(request, shown["brownouts"]),
        "brownout_url": links.add_url(request, Brownout, client=client),
        "product": product,
        "product_url": links.add_url(request, Brownout, client=product) if product != client else None,
        "ledger_url": links.list_url(request, DailyCalls, client=client),
    }
    return TemplateResponse(request, "rollout/dashboard_client.html", context)


def _shared(request: HttpRequest) -> dict[str, Any]:
    return {
        **admin.site.each_context(request),
        "old": old_name(),
        "new": new_name(),
        "page_url": links.page_url(request),
        "plan_url": links.list_url(request, Plan),
        "brownouts_url": links.list_url(request, Brownout),
        "new_brownout_url": links.add_url(request, Brownout),
        "spark": SPARK,
    }


def _recorded(request: HttpRequest, found: Status, range_name: str) -> dict[str, Any]:
    shown = content.migration(found, range_name)
    _link(request, shown["resources"], resource="name", version=old_name())
    _link(request, shown["outcomes"], outcome="name", version=old_name())
    addable = links.add_url(request, Brownout) is not None
    for row in shown["clients"]:
        row["url"] = links.page_url(request, client=row["name"], range=range_name)
        row["brownout_url"] = links.add_url(request, Brownout, client=row["name"]) if addable else None
    return {
        **shown,
        "ranges": _ranges(request, range_name),
        "brownouts": _linked(request, shown["brownouts"]),
        "gone": [
            {"client": client, "url": links.page_url(request, client=client.name, range="year")}
            for client in shown["gone"]
        ],
    }


def _link(request: HttpRequest, rows: Iterable[dict[str, Any]], **query: str) -> None:
    """Add to each row the URL of its calls in the ledger's list.

    :param query: lookups of that list; the value is the key of the row that has it, or the value itself.
    """
    for row in rows:
        row["url"] = links.list_url(
            request, DailyCalls, **{key: str(row.get(each, each)) for key, each in query.items()}
        )


def _ranges(request: HttpRequest, current: str, **query: str) -> list[dict[str, Any]]:
    return [
        {"url": links.page_url(request, **query, range=name), "title": each.title, "current": name == current}
        for name, each in RANGES.items()
    ]


def _linked(request: HttpRequest, brownouts: Sequence[Shown]) -> list[dict[str, Any]]:
    return [
        {"shown": one, "url": None if one.row is None else links.row_url(request, one.row), "forecast": one.forecast}
        for one in brownouts
    ]
