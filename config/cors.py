"""Pages of other origins may call the APIs, where `CORS_ALLOWED_ORIGINS` names them; docs/decisions/0009-cors.md.

django-cors-headers writes the headers; what is ours is that every answer gets them, and that a preflight is the
OPTIONS of the contract.
"""

from collections.abc import Callable
from urllib.parse import SplitResult

from corsheaders.middleware import CorsMiddleware
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from shared.contract.replies import no_content
from shared.http.responses import django_response
from shared.http.urls import api_of

REFUSALS = {404, 410}
"""What OPTIONS can end with besides its 204; under a wrong Host, 400, there is nobody to be helped."""


class Headers(CorsMiddleware):
    """django-cors-headers' own, for the paths of the APIs alone; without origins it does nothing at all.

    Place it first of all, before the contract's: so every answer has them, whoever has made it.
    """

    def check_preflight(self, request: HttpRequest) -> None:
        """Leave the answer to the API."""
        return

    def is_enabled(self, request: HttpRequest) -> bool:
        """Say whether the path is one of ours to open."""
        return bool(settings.CORS_ALLOWED_ORIGINS) and api_of(request) is not None

    def origin_found_in_white_lists(self, origin: str, url: SplitResult) -> bool:
        """Say whether an origin is allowed: the very text, no pattern and no part of it."""
        return origin in settings.CORS_ALLOWED_ORIGINS


class Preflights:
    """Answer 204 to a preflight where the call itself will be refused.

    A browser that gets a 410 or a 404 for its preflight does not make the call, and the page never learns why.
    Place it right after the contract's middleware.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        response = self.get_response(request)
        if response.status_code not in REFUSALS or not _is_preflight(request):
            return response
        answer = django_response(no_content())
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
