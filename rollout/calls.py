"""A call: what the ledger and the metrics record of a request to a version, without personal data but a user id."""

from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.dispatch import Signal
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from rollout.clients import client_of
from shared.contract.declarations import registry
from shared.http.middleware import replace_error_page
from shared.http.responses import reply_of
from shared.http.urls import is_below, mounted

answered = Signal()
"""Sent with `call` for every answer of a version. Receivers delay the answer and must be quick."""

UNKNOWN = "unknown"
"""The resource of a path that does not exist."""


class RecordedCall(NamedTuple):
    """One request and its outcome.

    Attributes:
        outcome: `created`, `signed_in` or `linked` for a sign-up, the code of an error, else `ok`.
        user_id: The user whose access token was used, or who was signed in; None without a user.
    """

    version: str
    resource: str
    outcome: str
    client: str
    user_id: Any
    seconds: float


def call_of(request: HttpRequest, response: HttpResponseBase, seconds: float) -> RecordedCall | None:
    """Return the call of a request, or None for a path outside the versions and for documentation.

    :param seconds: the time until the answer.
    """
    apis, path = tuple(settings.APIS.items()), request.path_info
    target = (_cached_target if len(path) <= _MAX_CACHED else _target)(path, apis)
    # An outer middleware turns an error page of another middleware into an answer of the contract.
    reply = reply_of(replace_error_page(response))
    if target is None or reply is None:
        return None
    body = reply.body or {}
    token = getattr(request, "auth", None)
    user_id = token.user_id if token is not None else body.get("id") if body.get("outcome") else None
    return RecordedCall(
        version=target[0],
        resource=target[1],
        outcome=str(body.get("outcome") or body.get("code") or "ok"),
        client=client_of(request),
        user_id=user_id,
        seconds=seconds,
    )


def _target(path_info: str, apis: tuple[tuple[str, str], ...]) -> tuple[str, str] | None:
    """Return the version and the resource of a path."""
    for app, prefix in apis:
        if is_below(prefix, path_info):
            endpoint = registry.endpoint_at(path_info[1 + len(prefix) :])
            return mounted(app).version, UNKNOWN if endpoint is None else endpoint.resource or "root"
    return None


_MAX_CACHED = 200
"""The most characters of a path that is cached."""
_cached_target = lru_cache(maxsize=1024)(_target)
