"""Where the APIs are mounted: `settings.APIS`, app to prefix."""

import re
from functools import cache

from django.conf import settings
from django.urls import get_script_prefix


def prefix_of(app: str) -> str:
    """Give the path-absolute prefix of an API, as it stands in the URLs it writes: `/api/v2/`."""
    return get_script_prefix() + settings.APIS[app]


def version_of(app: str) -> str:
    """Give the version of an API by the end of its prefix: `v2`."""
    prefix: str = settings.APIS[app]
    return prefix.rstrip("/").rpartition("/")[2]


def serves(path_info: str) -> bool:
    """Say whether a path belongs to an API, known to it or not."""
    return bool(_below(tuple(settings.APIS.values())).match(path_info))


def is_below(prefix: str, path_info: str) -> bool:
    """Say whether a path belongs to the API at a prefix."""
    return bool(_below((prefix,)).match(path_info))


def mount_route(prefix: str) -> str:
    """Give the regular expression that mounts `api/v2/`, with and without its last slash."""
    return rf"^{re.escape(prefix.rstrip('/'))}(?=/|$)/?"


@cache
def _below(prefixes: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(rf"/{re.escape(prefix.rstrip('/'))}(?=/|$)" for prefix in prefixes))
