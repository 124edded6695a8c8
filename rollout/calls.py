"""A call: what the ledger and the metrics record of a request to a version, without personal data but a user id.

A project's own resources below the prefix of an API are recorded like ours, by what their framework calls them.
"""

from functools import lru_cache
from typing import Any, NamedTuple

from django.dispatch import Signal
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import ResolverMatch
from django.utils.functional import LazyObject, empty

from rollout.clients import client_of
from rollout.conf import conf
from shared.contract.declarations import registry
from shared.http.middleware import error_of_page
from shared.http.resource_names import MAX_NAME, own_match, resource_name
from shared.http.responses import is_sign_in, outcome_of, reply_of
from shared.http.urls import MountedApi, api_of, is_about_the_api, is_ours

answered = Signal()
"""Sent with `call` for every answer of a version. Receivers delay the answer and must be quick."""

UNKNOWN = "unknown"
"""The resource of a path that does not exist."""
MAX_RESOURCES = 200
"""How many names of a project's own resources a process records; calls of further ones are recorded as `(other)`."""
_OTHER_RESOURCES = "(other)"


class RecordedCall(NamedTuple):
    """One request and its outcome.

    Attributes:
        outcome: `created`, `signed_in` or `linked` for a sign-up, the code of an error, else `ok`; the status of an
            error that is not ours, `http_404`.
        user_id: The user whose access token was used, or who was signed in; for a view of the project's own, the
            request's user. None without a user.
    """

    version: str
    resource: str
    outcome: str
    client: str
    user_id: Any
    seconds: float


def call_of(request: HttpRequest, response: HttpResponseBase, seconds: float) -> RecordedCall | None:
    """Return the call of a request, or None for a path outside the versions and for what is about the API.

    :param seconds: the time until the answer.
    """
    api = api_of(request)
    if api is None or is_about_the_api(request):
        return None
    user_id: Any = None
    if (reply := reply_of(response)) is not None:
        outcome, token = outcome_of(reply), getattr(request, "auth", None)
        if token is not None:
            user_id = token.user_id
        elif reply.body and is_sign_in(reply):
            user_id = reply.body["id"]
    elif (error := error_of_page(request, response)) is not None:
        # `ContractMiddleware` replaces the page.
        outcome = error.code
    elif request.resolver_match is not None and is_ours(request):
        return None
    else:
        outcome = "ok" if response.status_code < 400 else f"http_{response.status_code}"
        user_id = _user_id(request)
    return RecordedCall(
        version=api.version,
        resource=_resource(api, request),
        outcome=outcome,
        client=client_of(request),
        user_id=user_id,
        seconds=seconds,
    )


def _user_id(request: HttpRequest) -> Any:
    """Return the id of the user whom a project's own view or middleware has read, or set; else None.

    A session that nobody has read stays unread, because reading it costs queries.
    """
    user: Any = getattr(request, "user", None)
    if isinstance(user, LazyObject) and user._wrapped is empty:  # noqa: SLF001 - no other way to ask
        user = getattr(request, "_acached_user", None)  # by `auser()`, in an asynchronous view
    return user.pk if getattr(user, "is_authenticated", False) else None


def _resource(api: MountedApi, request: HttpRequest) -> str:
    match = request.resolver_match
    if match is not None and not is_ours(request):
        own: ResolverMatch | None = match
    else:
        path = request.path_info[1 + len(api.route) :]
        declared = (_cached_declared if len(path) <= _MAX_CACHED else _declared)(path)
        if declared != UNKNOWN or match is not None:
            return declared
        # Refused before a view was chosen: by the life cycle, or by another middleware.
        own = own_match(request.path_info, getattr(request, "urlconf", None))
    if own is None:
        return UNKNOWN
    name = resource_name(own) or own.view_name[:MAX_NAME]
    name = conf.paired_resources.get(name, name)
    # A part of the path that a client chooses may hold a NUL, which PostgreSQL does not store.
    if not name.isprintable():
        return _OTHER_RESOURCES
    if name not in _recorded and len(_recorded) >= MAX_RESOURCES:
        return _OTHER_RESOURCES
    _recorded.add(name)
    return name


def _declared(path: str) -> str:
    """Return the resource of a path below the prefix of an API, among those that are declared."""
    endpoint = registry.endpoint_at(path)
    return UNKNOWN if endpoint is None else endpoint.resource or "root"


_MAX_CACHED = 200
"""The most characters of a path that is cached."""
_cached_declared = lru_cache(maxsize=1024)(_declared)
_recorded: set[str] = set()
