"""Django's own middlewares for the admin's pages, which no path of an API passes through.

An API sets no cookie, believes none, and pays for none.
"""

import re
from typing import cast

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from shared.http.urls import api_of

_KEY = re.compile(r"[a-z0-9]{32}")
"""What Django makes."""


class _OutsideApis(MiddlewareMixin):
    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass a request of an API by."""
        if api_of(request) is not None:
            return cast(HttpResponseBase, self.get_response(request))
        return cast(HttpResponseBase, super().__call__(request))


class Sessions(_OutsideApis, SessionMiddleware):
    """Sessions of staff."""

    def process_request(self, request: HttpRequest) -> None:
        """Take a cookie that no session of ours has for none: PostgreSQL cannot even be asked for a NUL."""
        if not _KEY.fullmatch(request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")):
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        super().process_request(request)


class Authentication(_OutsideApis, AuthenticationMiddleware):
    """Who of the staff it is."""


class Messages(_OutsideApis, MessageMiddleware):
    """What the admin has to say."""
