"""The service with a bug of one version, which a header brings out; its settings and the layer that has it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from config.settings import *  # noqa: F403 - all of them
from config.settings import MIDDLEWARE as _MIDDLEWARE

MIDDLEWARE = [*_MIDDLEWARE, "tests.e2e.drifting.Drift"]


class Drift:
    """Leave something of the answers of v2 out, further in than the check."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if "HTTP_X_DRIFT" in request.META and request.path_info.startswith("/api/v2/"):
            response.content = response.content.replace(b'"offset":0', b'"offset":1')
        return response
