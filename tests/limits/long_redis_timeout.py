"""The service with more patience for Redis: its settings, and the layer that waits.

Whoever misses a quarter of a second on a busy machine is counted by the process alone, and not by Redis.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from config.settings import *  # noqa: F403 - all of them
from config.settings import MIDDLEWARE as _MIDDLEWARE

MIDDLEWARE = [*_MIDDLEWARE, "tests.limits.long_redis_timeout.Patience"]
SECONDS = 30.0


class Patience:
    """Wait for Redis as long as only a hang takes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        from social import limits  # noqa: PLC0415 - settings come first

        limits.REDIS_TIMEOUT = SECONDS
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)
