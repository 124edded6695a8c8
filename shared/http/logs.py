"""Logging helpers: the request's id on every record, the fields of its access line, a rate limit for one message."""

import json
import logging
import re
import time
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Self

REPEATED_EVERY = 60.0
"""Seconds between two records of one `RateLimitedLog`."""
_CODE = re.compile(r"[a-z_]{1,40}|[0-9]{1,6}")
"""The form of error codes. A code of another form may be a token that a provider repeats."""


class RequestLog:
    """The id of a request, and what its access line contains besides method, path, status and duration.

    In a `with` block it is that of the log records created in the block, and of the fields noted in it.
    """

    __slots__ = ("_reset", "fields", "id", "level")

    def __init__(self, id: str) -> None:
        """Start at INFO, without fields."""
        self.id = id
        self.level = logging.INFO
        self.fields: dict[str, object] = {}

    def __enter__(self) -> Self:
        self._reset = _current.set(self)
        return self

    def __exit__(self, *error: object) -> None:
        _current.reset(self._reset)


_current: ContextVar[RequestLog | None] = ContextVar("request_log", default=None)


def note(level: int = logging.INFO, **fields: object) -> bool:
    """Add fields to the access line of the current request, and raise its level; return False outside a request.

    Empty fields are left out. A field is a name or a number of ours, or what `plain_code` accepts: never a text of a
    client, a provider or a library, which may repeat a secret.
    """
    current = _current.get()
    if current is None:
        return False
    current.level = max(current.level, level)
    current.fields.update({name: value for name, value in fields.items() if value not in (None, "")})
    return True


def plain_code(value: object) -> str:
    """Return an error code if it has the form of one, `invalid_grant` or `190`; otherwise an empty string."""
    return str(value) if isinstance(value, str | int) and _CODE.fullmatch(str(value)) else ""


class Fields:
    """The fields of a log line; as text, they are `name=value`, each after a blank; a value with blanks is quoted."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[str, object]) -> None:
        """Set the fields."""
        self._fields = fields

    def __str__(self) -> str:
        return "".join([f" {name}={_word(value)}" for name, value in self._fields.items()])


def _word(value: object) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if " " in text or text[:1] == '"' else text


class RequestIdFilter(logging.Filter):
    """Add `request_id` to each log record; `-` outside a request.

    Django logs the 5xx that a view has returned after all middleware, with the request in the record.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Return True for every record."""
        current = _current.get()
        request = getattr(record, "request", None)
        record.request_id = getattr(request, "log_id", "-") if current is None else current.id
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
