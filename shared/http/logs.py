"""Log lines: the id of the request on each of them, and a line that is written at most once a minute."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

REPEATED_EVERY = 60.0
"""Seconds between two lines of one `RateLimitedLog`."""
_current: ContextVar[str] = ContextVar("request_id", default="-")


@contextmanager
def request_id(value: str) -> Iterator[str]:
    """Put an id on every log record that is made inside."""
    reset = _current.set(value)
    try:
        yield value
    finally:
        _current.reset(reset)


class RequestIdFilter(logging.Filter):
    """Set `request_id` on each log record; `-` outside a request."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Accept every record."""
        record.request_id = _current.get()
        return True


class RateLimitedLog:
    """One line of one logger, written at most once a minute: for a condition that lasts."""

    def __init__(self, logger: logging.Logger, message: str, level: int = logging.WARNING) -> None:
        """Set the line; `log` fills in its `%s`."""
        self._logger = logger
        self._message = message
        self._level = level
        self._logged_at = float("-inf")

    def log(self, *values: object) -> None:
        """Write the line unless it was written within the last minute."""
        now = time.monotonic()
        if now - self._logged_at >= REPEATED_EVERY:
            self._logged_at = now
            self._logger.log(self._level, self._message, *values)
