"""Log lines: one a request, each with the request's id; no query of a URL, no exception's words."""

import logging
import re
from typing import Any

from shared.http.redaction import kind, story, without_words

_LINE = "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_QUERY = re.compile(r"(?<=[^\s])\?[^\s\"'>)]+")


class LineFormatter(logging.Formatter):
    """One line a record, whatever a client has put into it, then the kinds and frames of its exception."""

    def __init__(self) -> None:
        """Take the one form."""
        super().__init__(_LINE, defaults={"request_id": "-"})

    def format(self, record: logging.LogRecord) -> str:
        """Give the text; what another handler has made of the exception already is not used."""
        exception = record.exc_info[1] if record.exc_info else None
        if not (record.exc_info or record.exc_text or record.stack_info):
            # A line a request: made without a second record.
            record.message, record.asctime = _message(record, None), self.formatTime(record)
            return self.formatMessage(record)
        plain = logging.makeLogRecord({**record.__dict__, "exc_info": None, "exc_text": None, "stack_info": None})
        plain.msg, plain.args = _message(record, exception), None
        text = super().format(plain)
        return text if exception is None else f"{text}\n{story(exception)}"


def _message(record: logging.LogRecord, exception: BaseException | None) -> str:
    try:
        text = record.getMessage()
    except Exception as failure:  # noqa: BLE001 - what cannot be shown must not become a traceback of its own
        text = f"{record.msg} ({kind(failure)})"
    # Django's signals, for one, put the exception's own words into the line.
    text = text if exception is None else without_words(text, exception)
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], _QUERY.sub("?[redacted]", text))


def logging_config(level: str) -> dict[str, Any]:
    """Give Django's LOGGING for a level."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "request_id": {"()": "shared.http.logs.RequestIdFilter"},
            "outside_apis": {"()": "shared.http.failures.OutsideApis"},
        },
        "formatters": {"line": {"()": "config.logs.LineFormatter"}},
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]},
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Without Django's own handlers: they would say everything again, in a form of their own.
            "django": {"handlers": [], "propagate": True},
            # Statements with their values, under DEBUG; none of them is a token, but names and addresses are.
            "django.db.backends": {"level": "INFO"},
            # Django's own would say each failure of an API a second time, a provider's as an error of ours.
            "django.request": {"level": "ERROR", "filters": ["outside_apis"]},
            "django.server": {"handlers": [], "propagate": True},
        },
    }
