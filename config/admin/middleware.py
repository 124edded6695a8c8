"""Middleware for the admin's pages alone: no other path reads or sets a cookie. With `ADMIN` off none is loaded."""

import re
from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from shared.contract.errors import PayloadTooLarge, Throttled
from shared.contract.replies import Reply
from shared.http.database import database_is_away
from shared.http.failures import failure_reply
from shared.http.requests import declares_too_much
from shared.http.urls import MAX_IN_HEADER

PREFIX = "/admin/"
_SESSION_KEY = re.compile(r"[a-z0-9]{32}")
_CSRF_TOKEN = re.compile(r"[A-Za-z0-9]{32}")


class _AdminOnly(MiddlewareMixin):
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Raise MiddlewareNotUsed if the admin is off."""
        if not settings.ADMIN:
            raise MiddlewareNotUsed("ADMIN is off.")
        super().__init__(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Skip this middleware for other paths."""
        if not request.path_info.startswith(PREFIX):
            return cast(HttpResponseBase, self.get_response(request))
        return cast(HttpResponseBase, super().__call__(request))


class Sessions(_AdminOnly, SessionMiddleware):
    """Django's sessions, with the cookies that Django's admin reads and no others."""

    def process_request(self, request: HttpRequest) -> None:
        """Read the cookies before Django parses the header.

        Django undoes the quotes of every cookie, in quadratic time before Python 3.11.10 and 3.12.6 (CVE-2024-7592).
        The admin's own cookies have none.
        """
        request.COOKIES = _own_cookies(request.META.get("HTTP_COOKIE", ""))
        super().process_request(request)


def _own_cookies(header: str) -> dict[str, str]:
    """Return the cookies of the admin that have the form of Django's values; PostgreSQL rejects a NUL in a query."""
    forms = {settings.SESSION_COOKIE_NAME: _SESSION_KEY, settings.CSRF_COOKIE_NAME: _CSRF_TOKEN}
    pairs = (cookie.strip().partition("=") for cookie in header.split(";"))
    return {name: value for name, _, value in pairs if name in forms and forms[name].fullmatch(value)}


class Authentication(_AdminOnly, AuthenticationMiddleware):
    """Django's authentication by session."""


class Messages(_AdminOnly, MessageMiddleware):
    """Django's messages."""


class AdminPages(_AdminOnly):
    """Forbid the caching of the admin's pages, shorten redirects, and answer requests that are refused."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        """Refuse a long body: Django parses a form, and stores its files, before it checks the CSRF token."""
        return _plain(PayloadTooLarge().reply()) if declares_too_much(request) else None

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Forbid caching, and shorten a redirect."""
        response["Cache-Control"] = "no-store"
        if len(response.get("Location", "")) > MAX_IN_HEADER:
            # Where a visitor returns after signing in, or a list's filter: as long as the request.
            response["Location"] = PREFIX
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return a 503 if the database is down, a 429 for too many attempts; leave other exceptions to Django."""
        is_known = isinstance(exception, Throttled) or database_is_away(exception)
        if not request.path_info.startswith(PREFIX) or not is_known:
            return None
        return _plain(failure_reply(exception, request))


def _plain(reply: Reply) -> HttpResponse:
    """Return the status, the headers and the message of a reply as a page of text."""
    wait = reply.headers.get("Retry-After")
    return HttpResponse(
        f"{(reply.body or {})['errors']}{f' Try again in {wait} s.' if wait else ''}\n",
        status=reply.status,
        content_type="text/plain; charset=utf-8",
        headers=dict(reply.headers),
    )
