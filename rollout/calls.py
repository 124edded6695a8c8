"""A request to one of the versions, as those who watch the migration see it: no person's data but the user's id."""

from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.dispatch import Signal
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from rollout.clients import client_of
from shared.contract.endpoints import endpoint_at
from shared.http.middleware import in_the_envelope
from shared.http.responses import reply_of
from shared.http.urls import is_below, mounted

answered = Signal()
"""Sent for every answer of a version, with `call`; receivers are on the request's way and must be quick."""

UNKNOWN = "unknown"
"""The resource of a path that there is not."""


class Call(NamedTuple):
    """One request and what came of it.

    `outcome` is the contract's: `created`, `signed_in`, `linked` for a sign-up, the code of an error, else `ok`.
    `user_id` is whose credential the call was made with, or who was signed in by it; None where nobody was.
    """

    version: str
    resource: str
    outcome: str
    client: str
    user_id: Any
    seconds: float


def call_of(request: HttpRequest, response: HttpResponseBase, seconds: float) -> Call | None:
    """Give the call that a request was; None for a path of no version, and for documentation.

    :param seconds: how long the answer took.
    """
    apis, path = tuple(settings.APIS.items()), request.path_info
    place = (_known_place if len(path) <= _ORDINARY else _place)(path, apis)
    # An error page of another middleware becomes an answer of the contract further out.
    reply = reply_of(in_the_envelope(response))
    if place is None or reply is None:
        return None
    body = reply.body or {}
    token = getattr(request, "auth", None)
    user_id = token.user_id if token is not None else body.get("id") if body.get("outcome") else None
    return Call(
        version=place[0],
        resource=place[1],
        outcome=str(body.get("outcome") or body.get("code") or "ok"),
        client=client_of(request),
        user_id=user_id,
        seconds=seconds,
    )


def _place(path_info: str, apis: tuple[tuple[str, str], ...]) -> tuple[str, str] | None:
    """Give the version and the resource of a path."""
    for app, prefix in apis:
        if is_below(prefix, path_info):
            endpoint = endpoint_at(path_info[1 + len(prefix) :])
            return mounted(app).version, UNKNOWN if endpoint is None else endpoint.resource or "root"
    return None


_ORDINARY = 200
"""Characters of a path that is worth remembering."""
_known_place = lru_cache(maxsize=1024)(_place)
