"""Settings of a service with a difference planted in v2; a file, written by the tests, names the difference."""

import os
from collections.abc import Callable
from pathlib import Path

from django.http import HttpRequest, HttpResponse

from config.settings import *  # noqa: F403 - all of them
from config.settings import MIDDLEWARE as _MIDDLEWARE

MIDDLEWARE = ["tests.parity.planted.Plant", *_MIDDLEWARE]
SECRET = "planted-SECRET-4711-0815"


class Plant:
    """Change one thing in the answers of the newer version."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.file = Path(os.environ["PLANTED"])

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "GET" and request.path_info.startswith("/api/v2/"):
            self._plant(self.file.read_text(encoding="ascii"), response)
        return response

    def _plant(self, what: str, response: HttpResponse) -> None:
        if what == "status" and response.status_code == 404:
            response.status_code = 410
        elif what == "header":
            response["Cache-Control"] = "private"
        elif what == "value":
            # Only a linked account has this provider.
            response.content = response.content.replace(b'"provider":"facebook","uid"', b'"provider":"Facebook","uid"')
        elif what == "email":
            # A difference in a field in which two synthetic users of a pair differ anyway.
            response.content = response.content.replace(b"@example.com", b"@Example.com")
        elif what == "key":
            response.content = response.content.replace(b'"last_name":', f'"token":"{SECRET}","last_name":'.encode())
        response["Content-Length"] = str(len(response.content))
