"""The prefixes at which the APIs are mounted (`settings.APIS`), URLs that a header may contain, and loopback hosts."""

import ipaddress
import re
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.http import HttpRequest
from django.urls import get_script_prefix

_PAGE = re.compile(r"https?://[A-Za-z0-9\[][!-;=?-~]*")
"""ASCII without blanks and angle brackets: no character ends a link or a header (RFC 8288 section 3)."""


@dataclass(frozen=True, slots=True)
class MountedApi:
    """An API of `settings.APIS`: the app that serves it and its route, `api/v2/`."""

    app: str
    route: str

    @property
    def prefix(self) -> str:
        """The path-absolute prefix, as in the URLs of answers: `/api/v2/`."""
        return get_script_prefix() + self.route

    @property
    def version(self) -> str:
        """The version, the last part of the route: `v2`."""
        return self.route.rstrip("/").rpartition("/")[2]


def mounted(app: str) -> MountedApi:
    """Return the API that an app serves.

    :raises KeyError: `settings.APIS` does not name the app.
    """
    return MountedApi(app, settings.APIS[app])


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
    routes = settings.APIS
    match = _below(tuple(routes.values())).match(path_info)
    return None if match is None else MountedApi(*list(routes.items())[int(match.lastindex or 1) - 1])


def is_below(route: str, path_info: str) -> bool:
    """Return True if a path has the prefix of a route."""
    return bool(_below((route,)).match(path_info))


def mount_route(route: str) -> str:
    """Return the regular expression that mounts a route (`api/v2/`), with and without its trailing slash."""
    return rf"^{re.escape(route.rstrip('/'))}(?=/|$)/?"


def is_header_url(address: str) -> bool:
    """Return True if a text is an HTTP URL that a header may contain."""
    return bool(_PAGE.fullmatch(address))


@cache
def _below(routes: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(rf"(/{re.escape(route.rstrip('/'))})(?=/|$)" for route in routes))


def is_loopback(host: str) -> bool:
    """Return True for `localhost` and for an address of the loopback interface, also IPv6 in brackets."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False
