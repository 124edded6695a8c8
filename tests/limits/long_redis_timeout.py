"""Settings of the service with a long timeout for Redis, and the middleware that sets it.

On a busy machine Redis may miss the default of a quarter of a second, and the process then counts on its own.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from config.settings import MIDDLEWARE as _MIDDLEWARE
from tests.proxied_sandbox import *  # noqa: F403 - all of them

MIDDLEWARE = [*_MIDDLEWARE, "tests.limits.long_redis_timeout.LongRedisTimeout"]
SECONDS = 30.0


class LongRedisTimeout:
    """Set a timeout for Redis that only a hang exceeds."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        from social import limits  # noqa: PLC0415 - settings come first

        limits.REDIS_TIMEOUT = SECONDS
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)
