"""What every answer of every mounted API has in common, whichever framework made it."""

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from shared.contract.errors import ApiError, InternalError, InvalidRequest, NotFound
from shared.http import logs
from shared.http.failures import failure_reply
from shared.http.redaction import without_secrets
from shared.http.responses import django_response
from shared.http.urls import api_of

logger = logging.getLogger("tandem.access")
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class ContractMiddleware:
    """Give API answers their common headers, and each request its id.

    Place it first: what it answers, nothing else has touched.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        started = time.monotonic()
        with logs.request_id(_request_id(request)) as bound_id:
            response = self._answer(request)
            response["X-Request-ID"] = bound_id
            # Never the query: a key that an old client puts there must not end up in a log.
            logger.info(
                "%s %s %s %.0f ms",
                request.method,
                without_secrets(request.path),
                response.status_code,
                (time.monotonic() - started) * 1000,
            )
        return response

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        if api_of(request) is None:
            return self.get_response(request)
        response = in_the_envelope(self.get_response(request))
        response["Cache-Control"] = "no-store"
        response["X-Content-Type-Options"] = "nosniff"
        response.cookies.clear()
        if isinstance(response, HttpResponse) and response.status_code != 204:
            response["Content-Length"] = str(len(response.content))
            if request.method == "HEAD":
                # Not every WSGI server drops the body of a HEAD by itself.
                response.content = b""
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Catch what was raised outside an adapter's own handler, in a middleware of the project."""
        return django_response(failure_reply(exception, request)) if api_of(request) is not None else None


def in_the_envelope(response: HttpResponseBase) -> HttpResponseBase:
    """Replace an error page that another middleware of the project made: never HTML on an API path."""
    if response.status_code < 400 or not response.get("Content-Type", "").startswith("text/html"):
        return response
    known: dict[int, type[ApiError]] = {400: InvalidRequest, 404: NotFound}
    if response.status_code < 500 and response.status_code not in known and _is_empty(response):
        # No page, but a refusal by a resource of the project's own below the same prefix.
        return response
    error = known.get(response.status_code, InternalError)
    return django_response(error().reply())


def _is_empty(response: HttpResponseBase) -> bool:
    return isinstance(response, HttpResponse) and not response.content


def _request_id(request: HttpRequest) -> str:
    given: str = request.META.get("HTTP_X_REQUEST_ID", "")
    if getattr(settings, "TRUSTED_PROXIES", 0) and _GIVEN_ID.fullmatch(given):
        return given
    return uuid.uuid4().hex


def is_allowed(request: HttpRequest) -> bool:
    """Say whether the request's Host is one of `ALLOWED_HOSTS`."""
    try:
        request.get_host()
    except DisallowedHost:
        return False
    return True


class HostMiddleware:
    """Answer a wrong Host on an API path in the envelope; Django's own answer is a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        if api_of(request) is not None and not is_allowed(request):
            return django_response(InvalidRequest().reply())
        return self.get_response(request)
