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
"""Statuses that are replaced by 204 in the response to a preflight. The 400 for a wrong Host is not."""


class Headers(CorsMiddleware):
    """Set CORS headers on the APIs' paths; without origins, do nothing.

    It is the first middleware, so that the answers of all others have the headers.
    """

    def check_preflight(self, request: HttpRequest) -> None:
        """Return None, so that the API answers the preflight."""
        return

    def is_enabled(self, request: HttpRequest) -> bool:
        """Return True if the path is one of an API and there are origins."""
        return bool(settings.CORS_ALLOWED_ORIGINS) and api_of(request) is not None

    def origin_found_in_white_lists(self, origin: str, url: SplitResult) -> bool:
        """Return True if the origin is in the list; there are no patterns."""
        return origin in settings.CORS_ALLOWED_ORIGINS


class Preflights:
    """Answer 204 to a preflight whose request will get a 404 or 410.

    A browser whose preflight fails does not send the request, and the page cannot read the reason. Place it between
    `ContractMiddleware`, whose headers the 204 gets too, and `LifecycleMiddleware`, which answers 410.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Set the next middleware or view."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response to a request."""
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
