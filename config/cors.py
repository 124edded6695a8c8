"""CORS for the APIs' paths, for the origins in `CORS_ALLOWED_ORIGINS` (docs/decisions/0009-cors.md).

django-cors-headers sets the headers. These subclasses set them on every response, and leave a preflight to the
contract's OPTIONS.
"""

from collections.abc import Callable
from urllib.parse import SplitResult

from corsheaders.middleware import CorsMiddleware
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from shared.contract.replies import Reply
from shared.http.responses import django_response
from shared.http.urls import api_of

REFUSALS = {404, 410}
"""Statuses that a preflight gets a 204 for instead. A 400 for a wrong Host stays."""


class Headers(CorsMiddleware):
    """Set CORS headers on the APIs' paths; without origins, do nothing.

    Place it first, before the contract's middleware, so that every response has the headers.
    """

    def check_preflight(self, request: HttpRequest) -> None:
        """Return None: the API answers."""
        return

    def is_enabled(self, request: HttpRequest) -> bool:
        """Return True if the path is one of an API and there are origins."""
        return bool(settings.CORS_ALLOWED_ORIGINS) and api_of(request) is not None

    def origin_found_in_white_lists(self, origin: str, url: SplitResult) -> bool:
        """Return True if the origin is in the list; there are no patterns."""
        return origin in settings.CORS_ALLOWED_ORIGINS


class Preflights:
    """Answer 204 to a preflight whose request will get a 404 or 410.

    A browser whose preflight fails does not send the request, and the page cannot read the reason. Place it right after
    the contract's middleware.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Store the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request."""
        response = self.get_response(request)
        if response.status_code not in REFUSALS or not _is_preflight(request):
            return response
        answer = django_response(Reply(204))
        for name, value in response.items():
            if not name.lower().startswith("content-"):
                answer[name] = value
        return answer


def _is_preflight(request: HttpRequest) -> bool:
    return (
        request.method == "OPTIONS"
        and "Access-Control-Request-Method" in request.headers
        and request.headers.get("Origin") in settings.CORS_ALLOWED_ORIGINS
        and api_of(request) is not None
    )
