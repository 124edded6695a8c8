"""The security headers of every HTML page."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"


class PageHeaders:
    """Set a Content-Security-Policy on HTML answers that have none: Django's error pages included."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Set the next middleware or view."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response to a request."""
        response = self.get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            # A view may have set a stricter policy.
            response.headers.setdefault("Content-Security-Policy", POLICY)
        return response
