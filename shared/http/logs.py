"""The id of the request being answered, for every log line written meanwhile."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("request_id", default="-")


@contextmanager
def bound(value: str) -> Iterator[str]:
    """Hold an id for the time of one request."""
    reset = _current.set(value)
    try:
        yield value
    finally:
        _current.reset(reset)


class RequestIdFilter(logging.Filter):
    """Give each log record a `request_id`, `-` outside a request."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let everything through, with its id."""
        record.request_id = _current.get()
        return True
