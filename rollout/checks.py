"""System checks of the life cycle; their ids do not change."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 - Django's name for it
from django.db import Error as DatabaseFailure
from django.db import router

from rollout.conf import conf
from rollout.lifecycle import merged, of_settings
from rollout.models import DailyCalls, Plan
from rollout.plan import read_saved
from shared.contract.declarations import registry
from shared.http.resource_names import own_match
from shared.http.urls import apis, is_header_url

_SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})


@register("rollout")
def check_dates(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Check that the settings deprecate v1 before it ends."""
    if not of_settings().is_contradictory:
        return []
    return [
        Error(
            "V1_SUNSET_AT is set, but v1 is not deprecated before: its clients would not be warned.",
            hint="Set V1_DEPRECATED_AT to a moment that is not after V1_SUNSET_AT.",
            id="rollout.E001",
        )
    ]


@register("rollout")
def check_client_header(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Check that the header that names a client holds no secret: the ledger stores what it names."""
    if conf.client_header.lower() not in _SECRET_HEADERS:
        return []
    return [
        Error(
            f"CLIENT_HEADER is {conf.client_header}, which holds secrets; the ledger would store parts of them.",
            hint="Set CLIENT_HEADER to a header of your apps' own, such as X-Client.",
            id="rollout.E002",
        )
    ]


@register("rollout")
def check_versions(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Check that the ledger can tell the APIs apart."""
    names = [api.version for api in apis()]
    width = DailyCalls._meta.get_field("version").max_length or 0
    if len(set(names)) == len(names) and all(len(name) <= width for name in names):
        return []
    return [
        Error(
            f"The versions of APIS and RETIRED_APIS are named {', '.join(names)}: the ledger cannot tell them apart, "
            f"or a name is longer than {width} characters.",
            hint="A version is named by the last part of its prefix that has a digit; choose other prefixes.",
            id="rollout.E003",
        )
    ]


@register("rollout")
def check_prefixes(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Check that each prefix is a path as the URLs and the middleware take it."""
    wrong = [api.route for api in apis() if not api.route.strip("/") or api.route[0] == "/" or api.route[-1] != "/"]
    if not settings.APIS:
        return [Error("APIS is empty: there is no current API.", id="rollout.E004")]
    return [
        Error(
            f"A prefix of APIS or RETIRED_APIS is {route!r}: its paths would be unknown, or the URLs in answers wrong.",
            hint="Give a path without a slash at its beginning and with one at its end: api/v1/",
            id="rollout.E004",
        )
        for route in wrong
    ]


@register(Tags.urls)
def check_urls(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Check that no URL of the project's own hides a path of the contract; a root of its own may stay."""
    hidden: list[CheckMessage] = []
    for api in apis():
        for endpoint in registry.endpoints if not api.is_retired else ():
            match = own_match(endpoint.uri(f"/{api.route}", id=1))
            if match is not None and endpoint is not registry.root:
                view = f"{match.func.__module__}.{getattr(match.func, '__qualname__', '')}".rstrip(".")
                hidden.append(
                    Warning(
                        f"/{endpoint.uri(api.route, id='<id>')} is answered by {view}, not by Tandem.",
                        hint="Remove the project's own URL, or silence this check if its clients still need it.",
                        id="rollout.W004",
                    )
                )
    return hidden


@register(Tags.database)
def check_plan(app_configs: Any, databases: Iterable[str] | None = None, **kwargs: Any) -> Sequence[CheckMessage]:
    """Check the plan that staff have saved, together with the settings: `manage.py check --database default`.

    It returns warnings rather than errors, because such a sunset is ignored, and a row must not block `migrate`.
    """
    if router.db_for_read(Plan) not in (databases or ()):
        return []
    try:
        current = merged(read_saved())
    except DatabaseFailure:  # before the first migration
        return []
    found: list[CheckMessage] = []
    if current.is_contradictory:
        found.append(
            Warning(
                "The plan of v1 and the settings together have a sunset without a deprecation before it: the sunset "
                "is ignored.",
                hint="Set V1_DEPRECATED_AT and V1_SUNSET_AT, or the dates in the admin (Tandem's own needs ADMIN=1), "
                "so that the deprecation comes first.",
                id="rollout.W001",
            )
        )
    if current.guide and not is_header_url(current.guide):
        found.append(
            Warning(
                "The guide in the plan of v1 is no address that could stand in a header: it is left out.",
                hint="Give an address such as https://example.com/migrate in the admin (Tandem's own needs ADMIN=1).",
                id="rollout.W002",
            )
        )
    return found
