"""What the shop does with every request: a cookie, a header, and a page for what goes wrong."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase


class VisitMiddleware:
    """Count visits."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        response = self.get_response(request)
        response.set_cookie("visited", "1")
        response["X-Shop"] = "1"
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse:
        """Apologise."""
        return HttpResponse("<h1>Sorry</h1>", status=500)
