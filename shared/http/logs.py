"""Logging helpers: the request id on every record, and a rate limit for one message."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

REPEATED_EVERY = 60.0
"""Seconds between two records of one `RateLimitedLog`."""
_current: ContextVar[str] = ContextVar("request_id", default="-")


@contextmanager
def request_id(value: str) -> Iterator[str]:
    """Set the request id of the log records created in the block."""
    reset = _current.set(value)
    try:
        yield value
    finally:
        _current.reset(reset)


class RequestIdFilter(logging.Filter):
    """Add `request_id` to each log record; `-` outside a request."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return True for every record."""
        record.request_id = _current.get()
        return True


class RateLimitedLog:
    """One message of one logger, logged at most once a minute: for a condition that lasts."""

    def __init__(self, logger: logging.Logger, message: str, level: int = logging.WARNING) -> None:
        """Set the message, in which `log` replaces `%s`."""
        self._logger = logger
        self._message = message
        self._level = level
        self._logged_at = float("-inf")

    def log(self, *values: object) -> None:
        """Log the message unless it was logged within the last minute."""
        now = time.monotonic()
        if now - self._logged_at >= REPEATED_EVERY:
            self._logged_at = now
            self._logger.log(self._level, self._message, *values)
