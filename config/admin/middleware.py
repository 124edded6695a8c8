"""Middleware for the admin's pages alone: no other path reads or sets a cookie. With `ADMIN` off none is loaded."""

import re
from collections.abc import Callable, Mapping
from typing import cast

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from shared.contract.errors import ApiError, PayloadTooLarge, ServiceUnavailable
from shared.http.database import database_is_away
from shared.http.failures import failure_reply

PREFIX = "/admin/"
MAX_BYTES = 2**20
"""The largest body of a request to the admin, in bytes."""
_SESSION_KEY = re.compile(r"[a-z0-9]{32}")
"""The form of Django's session keys."""


class _AdminOnly(MiddlewareMixin):
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Raise MiddlewareNotUsed if the admin is off."""
        _require_admin()
        super().__init__(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Skip this middleware for other paths."""
        if not request.path_info.startswith(PREFIX):
            return cast(HttpResponseBase, self.get_response(request))
        return cast(HttpResponseBase, super().__call__(request))


class Sessions(_AdminOnly, SessionMiddleware):
    """Django's sessions."""

    def process_request(self, request: HttpRequest) -> None:
        """Ignore a cookie that is no session key; PostgreSQL rejects a query with a NUL character."""
        if not _SESSION_KEY.fullmatch(request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")):
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        super().process_request(request)


class Authentication(_AdminOnly, AuthenticationMiddleware):
    """Django's authentication by session."""


class Messages(_AdminOnly, MessageMiddleware):
    """Django's messages."""


class AdminPages:
    """Forbid the caching of the admin's pages, and answer 413 to large bodies and 503 while the database is down."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Set the next middleware or view, or raise MiddlewareNotUsed if the admin is off."""
        _require_admin()
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response to a request."""
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        response = _text(PayloadTooLarge) if _has_large_body(request) else self.get_response(request)
        response["Cache-Control"] = "no-store"
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return a 503 if the database is down; leave other exceptions to Django."""
        if not request.path_info.startswith(PREFIX) or not database_is_away(exception):
            return None
        return _text(ServiceUnavailable, failure_reply(exception, request).headers)


def _has_large_body(request: HttpRequest) -> bool:
    """Return True if a body is larger than any form of the admin, none of which has a file.

    Django limits the fields of a multipart body, but writes files of any size to the disk, before it looks for the CSRF
    token.
    """
    length = request.META.get("CONTENT_LENGTH") or ""
    return bool(length.isdecimal() and int(length) > MAX_BYTES)


def _text(error: type[ApiError], headers: Mapping[str, str] | None = None) -> HttpResponse:
    content = f"{error.message}\n"
    return HttpResponse(content, status=error.status, content_type="text/plain; charset=utf-8", headers=headers)


def _require_admin() -> None:
    if not settings.ADMIN:
        raise MiddlewareNotUsed("ADMIN is off.")
