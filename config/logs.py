"""Django's LOGGING and the formats of log lines: with the request's id, without query strings and exception messages.

Both formats have times in UTC (RFC 3339). `LOG_FORMAT` chooses between them.
"""

import logging
import re
import time
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from shared.http.redaction import exception_name, redact_messages, redacted_traceback

_TIME, _MILLISECONDS = "%Y-%m-%dT%H:%M:%S", "%s.%03dZ"
_LINE = "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Control characters, line separators, and marks with which a terminal shows text in another order."""
_QUERY = re.compile(r"(?<=[^\s])\?[^\s\"'>)]+")


class LineFormatter(logging.Formatter):
    """Format a record as one line, followed by the classes and frames of its exception."""

    converter = staticmethod(time.gmtime)
    default_time_format, default_msec_format = _TIME, _MILLISECONDS

    def __init__(self) -> None:
        """Set the format."""
        super().__init__(_LINE, defaults={"request_id": "-"})

    def format(self, record: logging.LogRecord) -> str:
        """Return the text; ignore a traceback that another handler has cached in the record."""
        exception = record.exc_info[1] if record.exc_info else None
        if not (record.exc_info or record.exc_text or record.stack_info):
            # The common case, without a copy of the record.
            record.message, record.asctime = _message(record, None), self.formatTime(record)
            return self.formatMessage(record)
        plain = logging.makeLogRecord({**record.__dict__, "exc_info": None, "exc_text": None, "stack_info": None})
        plain.msg, plain.args = _message(record, exception), None
        text = super().format(plain)
        return text if exception is None else f"{text}\n{redacted_traceback(exception)}"


class JsonLineFormatter(JsonFormatter):
    """Format a record as one line of JSON; a traceback and the fields of an access line are keys of their own."""

    converter = staticmethod(time.gmtime)
    default_time_format, default_msec_format = _TIME, _MILLISECONDS

    def __init__(self) -> None:
        """Set no format: `format` decides on the keys."""
        super().__init__(())

    def format(self, record: logging.LogRecord) -> str:
        """Return the text, of our own fields only: those that libraries add to their records may hold secrets."""
        exception = record.exc_info[1] if record.exc_info else None
        keys = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "request_id": getattr(record, "request_id", "-"),
            "message": _message(record, exception),
        }
        fields = getattr(record, "fields", None)
        if isinstance(fields, dict):
            keys |= {name: _plain(value) if isinstance(value, str) else value for name, value in fields.items()}
        if exception is not None:
            keys["traceback"] = redacted_traceback(exception)
        return super().format(logging.makeLogRecord({"msg": keys}))


class OutsideReadiness(logging.Filter):
    """Drop Django's log record of a 503 of `/readyz`, which repeats the access line without its reason."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return True unless the record is about such an answer; an exception stays."""
        request = getattr(record, "request", None)
        return record.exc_info is not None or getattr(request, "path_info", "") != "/readyz"


FORMATTERS: dict[str, type[logging.Formatter]] = {"text": LineFormatter, "json": JsonLineFormatter}
"""By the value of `LOG_FORMAT`."""


def _message(record: logging.LogRecord, exception: BaseException | None) -> str:
    try:
        text = record.getMessage()
    except Exception as failure:  # noqa: BLE001 - a wrong format string must not raise here
        text = f"{record.msg} ({exception_name(failure)})"
    # Django's signals, for example, put the exception's message into the line.
    text = text if exception is None else redact_messages(text, exception)
    return _plain(text)


def _plain(text: str) -> str:
    if "?" not in text and text.isprintable():  # most lines, in a tenth of the time
        return text
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], _QUERY.sub("?[redacted]", text))


def logging_config(level: str, log_format: str) -> dict[str, Any]:
    """Return Django's LOGGING for a level and a format."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "request_id": {"()": "shared.http.logs.RequestIdFilter"},
            "outside_apis": {"()": "shared.http.failures.OutsideApis"},
            "outside_readiness": {"()": OutsideReadiness},
            "refused_hosts": {"()": "shared.http.hosts.RefusedHosts"},
            "refused_requests": {"()": "shared.http.failures.RefusedRequests"},
        },
        "formatters": {"line": {"()": FORMATTERS[log_format]}},
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["request_id", "refused_requests"],
            },
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Without Django's own handlers, which would log each line twice.
            "django": {"handlers": [], "propagate": True},
            # At DEBUG it logs statements with their values: no tokens, but names and addresses.
            "django.db.backends": {"level": "INFO"},
            # Django would log each failed API call a second time, and a provider's failure as this service's.
            "django.request": {"level": "ERROR", "filters": ["outside_apis", "outside_readiness"]},
            "django.security.DisallowedHost": {"filters": ["refused_hosts"]},
            "django.server": {"handlers": [], "propagate": True},
        },
    }
