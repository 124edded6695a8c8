"""The life cycle of v1 on each of its answers; v2 is not touched."""

from collections.abc import Callable
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import get_script_prefix
from django.utils import timezone

from rollout.lifecycle import NEW, OLD, lifecycle
from shared.errors import VersionRetired
from shared.hosts import is_allowed
from shared.middleware import django_response
from shared.mounts import is_below

_SAFE = "/:;@&+$,-.!~*'()="
"""What a path may hold as it is (RFC 3986 section 3.3)."""


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
        if current.is_retired(timezone.now()) and is_allowed(request):
            response: HttpResponseBase = django_response(VersionRetired(get_script_prefix() + NEW).reply())
        else:
            response = self.get_response(request)
        for name, value in current.headers(successor=_successor(request)).items():
            response[name] = value
        return response


def _successor(request: HttpRequest) -> str:
    """Give the same path on v2, never the query: it may hold what must not be repeated.

    From the request's bytes (as latin-1, PEP 3333): Django's own path has those that are no UTF-8 changed.
    """
    path: bytes = request.META["PATH_INFO"].encode("latin-1")
    rest = path[len("/" + OLD.rstrip("/")) :]
    return quote(get_script_prefix() + NEW.rstrip("/"), safe=_SAFE) + quote(rest, safe=_SAFE)
