"""What all of the admin's pages have in common: nothing foreign runs in them, nothing of them is kept."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from config.front import POLICY
from shared.contract.errors import ServiceUnavailable
from shared.http.database import database_is_away
from shared.http.failures import failure_reply

BELOW = "/admin/"


class AdminPages:
    """Give them their headers, and a 503 of a line while the database is away."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        response = self.get_response(request)
        if request.path_info.startswith(BELOW):
            # A page of ours may have a narrower one.
            response.headers.setdefault("Content-Security-Policy", POLICY)
            response["Cache-Control"] = "no-store"
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Say that the database is away; everything else is Django's to report."""
        if not request.path_info.startswith(BELOW) or not database_is_away(exception):
            return None
        reply = failure_reply(exception, request)
        return HttpResponse(
            f"{ServiceUnavailable.message}\n",
            status=reply.status,
            content_type="text/plain; charset=utf-8",
            headers=dict(reply.headers),
        )
