"""Middleware of the shop: it sets a cookie and a header, and shows an error page."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase


class VisitMiddleware:
    """Set a cookie and a header on every response."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Set the next middleware or view."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response to a request."""
        response = self.get_response(request)
        response.set_cookie("visited", "1")
        response["X-Shop"] = "1"
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse:
        """Return an error page."""
        return HttpResponse("<h1>Sorry</h1>", status=500)
