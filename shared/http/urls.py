"""The APIs and their prefixes, which path and which view belong to them, URLs in headers, and loopback hosts.

`settings.APIS` has the mounted APIs, oldest first: the last is the current one, and the life cycle applies to the
others. `settings.RETIRED_APIS`, of the same shape, has the prefixes of APIs that were deleted and answer 410.
"""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, NamedTuple, TypeVar

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, URLResolver, get_script_prefix, include, re_path, resolve

from shared.http.settings import setting

_View = TypeVar("_View", bound=Callable[..., Any])
MAX_IN_HEADER = 1500
"""The most characters of a URL that repeats the request in a header: two, and all other headers, fit into 4 KiB, which
nginx takes by default. A longer head counts as a failure of the server."""
_ABOUT = "is_about_the_api"
_DIGIT = re.compile("[0-9]")
_PAGE = re.compile(r"https?://[A-Za-z0-9\[][!-;=?-~]*")
"""ASCII without blanks and angle brackets: no character ends a link or a header (RFC 8288 section 3)."""


@dataclass(frozen=True, slots=True)
class MountedApi:
    """An API: the app that serves it and its route, `api/v2/`.

    Attributes:
        is_retired: The API is in `settings.RETIRED_APIS`: its app was deleted.
        is_old: The API is retired, or there is a newer one in `settings.APIS`.
    """

    app: str
    route: str
    is_retired: bool = False
    is_old: bool = False

    @property
    def prefix(self) -> str:
        """The path-absolute prefix, as in the URLs of answers: `/api/v2/`."""
        return get_script_prefix() + self.route

    @property
    def version(self) -> str:
        """The version: the last part of the route that has a digit (`v2`, `1.0`), else the last part."""
        return _version_in(self.route)


def apis() -> tuple[MountedApi, ...]:
    """Return all APIs, the retired ones first, each in the order of its setting."""
    return _table().apis


def mounted(app: str) -> MountedApi:
    """Return the API that an app serves.

    :raises KeyError: `settings.APIS` does not name the app.
    """
    return MountedApi(app, settings.APIS[app], is_old=app != next(reversed(settings.APIS)))


def current() -> MountedApi:
    """Return the current API, the successor of the old ones."""
    return mounted(next(reversed(settings.APIS)))


def old() -> MountedApi | None:
    """Return the newest API to which the life cycle applies, also if it is retired; None if there is none."""
    found = [api for api in apis() if api.is_old]
    return found[-1] if found else None


def api_of(request: HttpRequest) -> MountedApi | None:
    """Return the API whose prefix a request's path has, also if the API does not know the path; else None.

    The first call for a request stores the result on it.
    """
    try:
        return request.mounted_api  # type: ignore[attr-defined,no-any-return]  # set below
    except AttributeError:
        found = api_at(request.path_info)
        request.mounted_api = found  # type: ignore[attr-defined]  # Django's requests take attributes like this one
        return found


def api_at(path_info: str) -> MountedApi | None:
    """Return the API whose prefix a path has, or None."""
    table = _table()
    match = table.prefixes.match(path_info)
    return None if match is None else table.groups[int(match.lastindex or 1) - 1]


def is_ours(request: HttpRequest) -> bool:
    """Return True if a request's path is below an API whose app has the view for it.

    If another middleware has answered (a cache, a page of maintenance), it is the view that would have been chosen.
    """
    api = api_of(request)
    if api is None:
        return False
    try:
        match = request.resolver_match or resolve(request.path_info, getattr(request, "urlconf", None))
    except Resolver404:
        return False
    return serves(api, match.func)


def serves(api: MountedApi, view: object) -> bool:
    """Return True if a view belongs to the app of an API, or is about the current API (`about_the_api`)."""
    return str(getattr(view, "__module__", "")).startswith(f"{api.app}.") or (_is_about(view) and not api.is_old)


def about_the_api(view: _View) -> _View:
    """Mark a view of another app below the current API's prefix that is about the API, as its documentation is.

    Its answers are made like the API's, by the same middleware. No call of it is recorded.
    """
    setattr(view, _ABOUT, True)
    return view


def is_about_the_api(request: HttpRequest) -> bool:
    """Return True if the view that was chosen for a request is about the API."""
    return request.resolver_match is not None and _is_about(request.resolver_match.func)


def _is_about(view: object) -> bool:
    return getattr(view, _ABOUT, False) is True


def api_urls() -> list[URLResolver]:
    """Return the URL patterns that mount the APIs, each with and without the trailing slash of its route."""
    return [
        re_path(rf"^{_escaped(api.route)}(?=/|$)/?", include(f"{api.app}.urls"))
        for api in _table().groups
        if not api.is_retired
    ]


def is_header_url(address: str) -> bool:
    """Return True if a text is an HTTP URL that a header may contain."""
    return bool(_PAGE.fullmatch(address))


class _Table(NamedTuple):
    """All APIs, and an expression for their prefixes with a group for each of `groups`."""

    apis: tuple[MountedApi, ...]
    prefixes: re.Pattern[str]
    groups: tuple[MountedApi, ...]


def _table() -> _Table:
    return _cached_table(tuple(settings.APIS.items()), tuple(setting("RETIRED_APIS", {}).items()))


@cache
def _cached_table(mounted: tuple[tuple[str, str], ...], retired: tuple[tuple[str, str], ...]) -> _Table:
    newest = mounted[-1][0] if mounted else ""
    found = (
        *(MountedApi(app, route, is_retired=True, is_old=True) for app, route in retired),
        *(MountedApi(app, route, is_old=app != newest) for app, route in mounted),
    )
    # The longest first: one route may be the beginning of another (`api/` and `api/v2/`). Then the newest.
    groups = tuple(sorted(found, key=lambda api: (len(api.route), found.index(api)), reverse=True))
    prefixes = "|".join(rf"(/{_escaped(api.route)})(?=/|$)" for api in groups)
    return _Table(found, re.compile(prefixes or "(?!)"), groups)


@cache
def _version_in(route: str) -> str:
    parts = route.strip("/").split("/")
    return next((part for part in reversed(parts) if _DIGIT.search(part)), parts[-1])


def _escaped(route: str) -> str:
    return re.escape(route.rstrip("/"))


@lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Return True for `localhost` and for an address of the loopback interface, also IPv6 in brackets."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False
