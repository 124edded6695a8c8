"""The settings of the service with one difference planted in v2: what, the environment says."""

import os
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from config.settings import *  # noqa: F403 - all of them
from config.settings import MIDDLEWARE as _MIDDLEWARE

MIDDLEWARE = ["tests.rollout.parity.planted.Plant", *_MIDDLEWARE]


class Plant:
    """Change one thing in the newer version's answers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.planted = os.environ.get("PLANTED", "")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path_info.startswith("/api/v2/"):
            self._plant(request, response)
        return response

    def _plant(self, request: HttpRequest, response: HttpResponse) -> None:
        if self.planted == "header" and request.path_info == "/api/v2/provider/":
            response["Cache-Control"] = "no-cache"
        if self.planted == "status" and response.status_code == 409:
            response.status_code = 400
        if self.planted == "value":
            # What only a linked account tells: its provider's name.
            response.content = response.content.replace(b'"provider":"github","uid"', b'"provider":"GitHub","uid"')
        if self.planted == "key" and request.method == "GET" and request.path_info == "/api/v2/user/":
            response.content = response.content.replace(b'"last_name":', b'"token":"planted-SECRET-4711","last_name":')
            response["Content-Length"] = str(len(response.content))
