"""The first check of all: a request for another host than this service's."""

from collections.abc import Callable

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from shared.contract.errors import InvalidRequest
from shared.http.middleware import django_response
from shared.http.urls import serves


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
        if serves(request.path_info) and not is_allowed(request):
            return django_response(InvalidRequest().reply())
        return self.get_response(request)
