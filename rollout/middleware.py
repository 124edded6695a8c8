"""The life cycle of v1 on each of its answers; v2 is not touched."""

import secrets
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import get_script_prefix
from django.utils import timezone
from django.utils.encoding import escape_uri_path

from rollout.clients import client_of
from rollout.lifecycle import ALL, NEW, OLD, Lifecycle, lifecycle
from shared.contract.errors import VersionRetired
from shared.http.middleware import is_allowed
from shared.http.responses import django_response
from shared.http.urls import is_below


class LifecycleMiddleware:
    """Say on every answer of v1 what becomes of it, and answer 410 while it is switched off.

    Place it right after the contract's own middleware: it comes before paths, methods and credentials,
    and its answers get the headers that all answers have.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        if OLD not in settings.APIS.values() or not is_below(OLD, request.path_info):
            return self.get_response(request)
        current = lifecycle()
        if _is_refused(request, current) and is_allowed(request):
            response: HttpResponseBase = django_response(VersionRetired(get_script_prefix() + NEW).reply())
        else:
            response = self.get_response(request)
        for name, value in current.headers(successor=_successor(request)).items():
            response[name] = value
        return response


def _is_refused(request: HttpRequest, current: Lifecycle) -> bool:
    share = current.refused(timezone.now(), client_of(request) if current.brownouts else "")
    # Each request for itself: docs/retiring.md says why a client is neither spared nor shut out for the whole time.
    return share >= ALL or secrets.randbelow(ALL) < share


def _successor(request: HttpRequest) -> str:
    """Give the same path on v2, never the query: it may hold what must not be repeated."""
    script = get_script_prefix()
    rest = request.path[len(script) + len(OLD.rstrip("/")) :]
    return escape_uri_path(f"{script}{NEW.rstrip('/')}{rest}")
