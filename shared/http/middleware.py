"""Middleware for all mounted APIs: common headers, request ids, the access log, the check of Host and client."""

import logging
import re
import secrets
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase

from shared.contract.declarations import registry
from shared.contract.errors import ApiError, InternalError, InvalidRequest, NotFound
from shared.http import logs
from shared.http.failures import failure_reply
from shared.http.hosts import is_allowed, log_refusal
from shared.http.redaction import logged_path
from shared.http.resource_names import endpoint_at, own_match
from shared.http.responses import django_response, is_sign_in, outcome_of, reply_of
from shared.http.settings import setting
from shared.http.urls import MAX_IN_HEADER, api_of, is_ours

logger = logging.getLogger("tandem.access")
_failures = logging.getLogger("tandem.failures")
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class ContractMiddleware:
    """Set the common headers of API answers, set each request's id, and write the access log.

    Place it before all other middleware except that of CORS, so that no other middleware changes its answers. Answers
    of a project's own views, also below the prefix of an API, get the request's id if they have none, and are not
    changed otherwise; nor are those that other middleware of the project gives in place of such a view.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Set the next middleware or view."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response to a request."""
        started = time.monotonic()
        with logs.RequestLog(_request_id(request)) as log:
            request.log_id = log.id  # type: ignore[attr-defined]  # `RequestIdFilter` reads it
            response = self._answer(request)
            # A project may give its own answers an id of its own.
            response.setdefault("X-Request-ID", log.id)
            if logger.isEnabledFor(log.level):
                _log_access(request, response, log, (time.monotonic() - started) * 1000)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        # A reply may be that to a path of the project's own: a 410, or a 400 for a wrong Host.
        if reply_of(response) is None and not is_ours(request):
            return response
        if error := error_of_page(request, response):
            if error is InternalError:
                logs.note(logging.ERROR, reason="page_of_other_middleware")
                _failures.error("Another middleware has answered %s with a page of HTML.", response.status_code)
            response = django_response(error().reply())
        response["Cache-Control"] = "no-store"
        response["X-Content-Type-Options"] = "nosniff"
        del response["X-Request-ID"]
        response.cookies.clear()
        if isinstance(response, HttpResponse) and response.status_code not in {204, 304}:
            response["Content-Length"] = str(len(response.content))
            if request.method == "HEAD":
                # Not every WSGI server drops the body of an answer to HEAD.
                response.content = b""
        return response

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        """Keep our answers out of the project's cache; redirect to a path with a slash that the project answers."""
        if not is_ours(request):
            return None
        # Django's `UpdateCacheMiddleware` in the project would store the answer for everybody: it runs before we set
        # `no-store`, and a `private` of our views may be overwritten by middleware for a CDN. By this attribute
        # `FetchFromCacheMiddleware` says that an answer is stored; `make matrix` tests it with each Django.
        request._cache_update_cache = False  # type: ignore[attr-defined]  # noqa: SLF001 - Django has no other switch
        # Django's `CommonMiddleware` redirects paths without a view, but each path below our prefixes has one: our
        # root's, or that of unknown paths.
        path = request.path_info
        if not settings.APPEND_SLASH or path.endswith("/"):
            return None
        endpoint = endpoint_at(path)
        match = own_match(f"{path}/", getattr(request, "urlconf", None)) if endpoint in {None, registry.root} else None
        address = request.get_full_path(force_append_slash=True)
        if match is None or len(address) > MAX_IN_HEADER:
            return None
        request.resolver_match = match  # from here on it is a request to the project's own view
        return HttpResponsePermanentRedirect(address)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the error envelope for an exception that no adapter has handled, raised in another middleware."""
        return django_response(failure_reply(exception, request)) if is_ours(request) else None


def _log_access(request: HttpRequest, response: HttpResponseBase, log: logs.RequestLog, milliseconds: float) -> None:
    """Write the access line, with the cause of a refusal: the one line of a request that is answered as intended."""
    # Without the query, in which an old client may send its key.
    method, path, status = request.method, logged_path(request.path), response.status_code
    fields = {**_outcome(response), **log.fields}
    logger.log(
        log.level,
        "%s %s %s %.0f ms%s",
        method,
        path,
        status,
        milliseconds,
        logs.Fields(fields),
        extra={
            "fields": {"method": method, "path": path, "status": status, "duration_ms": round(milliseconds), **fields}
        },
    )


def _outcome(response: HttpResponseBase) -> dict[str, object]:
    """Return the outcome of a call, as the ledger and the metrics name it, and the provider of a sign-up."""
    if (reply := reply_of(response)) is None:
        return {}
    outcome: dict[str, object] = {"outcome": outcome_of(reply)}
    return {**outcome, "provider": reply.body["provider"]} if reply.body and is_sign_in(reply) else outcome


def error_of_page(request: HttpRequest, response: HttpResponseBase) -> type[ApiError] | None:
    """Return the error that replaces an HTML error page of another middleware; None for every other answer."""
    status = response.status_code
    if status < 400 or not response.get("Content-Type", "").startswith("text/html") or not is_ours(request):
        return None
    known: dict[int, type[ApiError]] = {400: InvalidRequest, 404: NotFound}
    return known.get(status, InternalError)


def _request_id(request: HttpRequest) -> str:
    given: str = request.META.get("HTTP_X_REQUEST_ID", "")
    if setting("TRUSTED_PROXIES", 0) and _GIVEN_ID.fullmatch(given):
        return given
    return secrets.token_hex(16)


class HostMiddleware:
    """Answer a request to an API that is not allowed with the error envelope; Django would answer with a page.

    The project's own views decide for themselves: a load balancer may call one by its address.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Set the next middleware or view."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response to a request."""
        api = api_of(request)
        if api is not None and not is_allowed(request) and (api.is_retired or is_ours(request)):
            log_refusal(request)
            return django_response(InvalidRequest().reply())
        return self.get_response(request)
