"""Values of labels. Each is one of a few that are known beforehand: no client makes a new one, whatever it sends."""

from functools import cache

from django.conf import settings

from rollout.calls import UNKNOWN
from shared.contract.endpoints import ENDPOINTS
from shared.contract.errors import leaves
from shared.http.urls import mounted
from social.conf import conf

OTHER = "other"
"""What stands for a value that is none of the known; there is none unless a project extends the service."""
DONE = ("created", "signed_in", "linked")
OK = "ok"
KINDS = ("address", "user")
"""What a limit counts by."""

_RESOURCES = frozenset({UNKNOWN, *(endpoint.resource or "root" for endpoint in ENDPOINTS)})


def version(value: str) -> str:
    """Give the version of a mounted API."""
    return _among(value, versions())


def resource(value: str) -> str:
    """Give a resource of the contract."""
    return _among(value, _RESOURCES)


def outcome(value: str) -> str:
    """Give an outcome of the contract: what a sign-up came to, an error's code, or `ok`."""
    return _among(value, _outcomes())


def provider(value: str) -> str:
    """Give the name of an enabled provider."""
    return _among(value, conf.providers)


def kind(value: str) -> str:
    """Give what a limit counts by."""
    return _among(value, KINDS)


def versions() -> tuple[str, ...]:
    """Give the versions that are mounted."""
    return tuple(mounted(app).version for app in settings.APIS)


def _among(value: str, known: frozenset[str] | tuple[str, ...]) -> str:
    return value if value in known else OTHER


@cache
def _outcomes() -> frozenset[str]:
    return frozenset({OK, *DONE, *(leaf.code for leaf in leaves())})
