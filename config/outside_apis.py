"""Django's own middlewares for the admin's pages, which no path of an API passes through.

An API sets no cookie, believes none, and pays for none.
"""

from typing import cast

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from shared.mounts import serves


class _OutsideApis(MiddlewareMixin):
    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass a request of an API by."""
        if serves(request.path_info):
            return cast(HttpResponseBase, self.get_response(request))
        return cast(HttpResponseBase, super().__call__(request))


class Sessions(_OutsideApis, SessionMiddleware):
    """Sessions of staff."""


class Authentication(_OutsideApis, AuthenticationMiddleware):
    """Who of the staff it is."""


class Messages(_OutsideApis, MessageMiddleware):
    """What the admin has to say."""
