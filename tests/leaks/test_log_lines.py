"""The format of a log line, and the parts of a failure that it shows (docs/threats.md, row 29)."""

import json
import logging
import sqlite3
import time
from datetime import datetime, timedelta
from logging.handlers import QueueHandler
from queue import SimpleQueue
from typing import Any, Protocol

import pytest

from config.logs import FORMATTERS, logging_config
from shared.http.redaction import exception_name, redact_path, redacted_traceback
from social.network import log_redaction
from tests.leaks.canaries import Search, planted

pytestmark = pytest.mark.threat(29)


class Format(Protocol):
    """Format a message as a line of the log."""

    def __call__(self, message: Any, *args: Any, error: BaseException | None = None, **extra: Any) -> str: ...


@pytest.fixture(params=FORMATTERS)
def line(request: pytest.FixtureRequest) -> Format:
    """Return a function that formats a message, in each format."""

    def line(message: Any, *args: Any, error: BaseException | None = None, **extra: Any) -> str:
        info = (type(error), error, error.__traceback__) if error is not None else None
        record = logging.LogRecord("tandem.tests", logging.ERROR, __file__, 1, message, args, info)
        record.exc_text = "what another handler has made of it: " + planted("cached")
        record.__dict__.update(extra)
        return FORMATTERS[request.param]().format(record)

    return line


def raised(error: BaseException, *, cause: BaseException | None = None) -> BaseException:
    """Raise an exception and return it with its traceback."""
    try:
        raise error from cause
    except BaseException as caught:  # noqa: BLE001 - whatever it is
        return caught


class UnprintableError(Exception):
    """An exception whose str() and repr() fail."""

    def __str__(self) -> str:
        raise RuntimeError(planted("str"))

    __repr__ = __str__


ERRORS: dict[str, BaseException] = {
    "plain": RuntimeError(planted("a")),
    "with a cause": raised(RuntimeError(planted("a")), cause=KeyError(planted("b"))),
    "a group": ExceptionGroup(planted("a"), [ValueError(planted("b")), ExceptionGroup("g", [KeyError(planted("c"))])]),
    "that cannot be shown": UnprintableError(planted("a")),
    "of syntax": SyntaxError(planted("a"), ("file", 1, 1, planted("source"))),
    "of encoding": UnicodeDecodeError("utf-8", planted("a").encode(), 0, 1, planted("reason")),
    "of the system": OSError(2, planted("a"), planted("file")),
    "of the interpreter": SystemExit(planted("a")),
}


@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
def test_a_traceback_has_no_messages(line: Format, error: BaseException) -> None:
    """A traceback has only types and frames, also for notes, causes and groups."""
    error.add_note(planted("note"))
    caught = raised(error)
    for text in (line("it failed", error=caught), line("it failed: %s", caught, error=caught)):
        assert Search().finds(text) == []
        assert "it failed" in text
        assert "in raised" in text
        assert exception_name(caught) in text


def test_causes_come_first_and_appear_once() -> None:
    """The order is that of Python's own tracebacks."""
    inner = raised(KeyError("words"))
    outer = raised(RuntimeError("words"), cause=inner)
    inner.__context__ = outer
    text = redacted_traceback(outer)
    assert text.index("KeyError") < text.index("direct cause of") < text.index("RuntimeError")
    assert text.count("KeyError") == 1


def test_error_numbers_are_kept() -> None:
    """Numbers of the operating system and of the database are kept: they identify the failure."""
    assert exception_name(OSError(111, "refused")) == "ConnectionRefusedError (errno 111)"
    assert exception_name(sqlite3.OperationalError("no such table")) == "sqlite3.OperationalError"
    assert "sqlstate 42P01" in exception_name(type("UndefinedTable", (Exception,), {"sqlstate": "42P01"})())


@pytest.mark.parametrize("forged", ["\n", "\r\n", "\x1b[31m", "\u2028", "\x85", "\0", "\u202e"])
def test_client_input_cannot_forge_a_log_line(line: Format, forged: str) -> None:
    """Control characters in client input cannot start another log line."""
    text = line("GET %s", f"/a{forged}2026-01-01 INFO tandem.access forged")
    assert len(text.splitlines()) == 1
    assert forged not in text


@pytest.mark.parametrize(("message", "args"), [("%s %s", ("one",)), ("%d", ("text",)), ("%s", (UnprintableError(),))])
def test_a_record_that_cannot_be_formatted_shows_no_arguments(
    line: Format, message: str, args: tuple[Any, ...]
) -> None:
    """Only the error of the formatting is shown; Python's handler would print all arguments."""
    text = line(message, *args)
    assert "Error)" in text
    assert Search().finds(text) == []


def test_query_strings_are_redacted(line: Format) -> None:
    """The query of every URL in a log line is redacted, whatever logs it."""
    text = line("calling %s", f"https://example.com/me?access_token={planted('query')}")
    assert "calling https://example.com/me?[redacted]" in text
    assert Search().finds(text) == []


def test_what_libraries_add_to_a_record_is_not_logged(line: Format) -> None:
    """Django adds the request, and the parameters of statements; only our own fields are in a line."""
    extra: dict[str, Any] = {
        "params": [planted("parameter")],
        "request": planted("request"),
        "sql": planted("statement"),
    }
    assert Search().finds(line("a statement", **extra)) == []


def test_a_line_of_json_has_one_traceback_and_the_fields() -> None:
    """Values are as harmless as messages: of one line, and without queries."""
    caught = raised(KeyError(planted("a")))
    info = (type(caught), caught, caught.__traceback__)
    record = logging.LogRecord("tandem.tests", logging.ERROR, __file__, 1, "it failed", (), info)
    record.fields = {"status": 500, "path": f"/a\nb/?c={planted('query')}"}
    found = json.loads(FORMATTERS["json"]().format(record))
    moment = datetime.fromisoformat(found.pop("time"))
    assert (moment.utcoffset(), round(record.created - moment.timestamp())) == (timedelta(0), 0)
    assert found.pop("traceback").splitlines()[-1] == "KeyError"
    assert found == {
        "level": "ERROR",
        "logger": "tandem.tests",
        "request_id": "-",
        "message": "it failed",
        "status": 500,
        "path": "/a\\nb/?[redacted]",
    }


def test_times_are_in_utc(line: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    """They have a zone, so that lines of several machines can be compared (RFC 3339)."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        text = line("a message", created=1.5, msecs=500.0)
    time.tzset()
    assert "1970-01-01T00:00:01.500Z" in text


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/api/v2/social_sign_up/", "/api/v2/social_sign_up/"),
        ("/api/v2/user/123e4567-e89b-12d3-a456-426614174000/", "/api/v2/user/123e4567-e89b-12d3-a456-426614174000/"),
        ("/static/drf_spectacular_sidecar/swagger-ui-standalone-preset.js",) * 2,
        ("/api/v2/token/JtJ0lpIuKQ-Rb0uEH5oBz5NLD_0x9S2Zr5sJmMbEgyk/", "/api/v2/token/[redacted]"),
        ("/api/v2/token/JtJ0lpIuKQ-Rb0uEH5o+Bz5N/LD==/", "/api/v2/token/[redacted]"),
    ],
)
def test_a_path_segment_like_a_token_is_redacted(path: str, shown: str) -> None:
    """Some clients put a token into the path by mistake; no path of ours has such a segment."""
    assert redact_path(path) == shown


def test_django_logs_only_through_our_formatter() -> None:
    """Django's own handlers would log the exception's message."""
    configured = logging_config("DEBUG", "text")
    assert configured["loggers"]["django"] == {"handlers": [], "propagate": True}
    assert logging.getLogger("django").handlers == []


def test_urllib3_does_not_log_unreadable_headers() -> None:
    """urllib3 repeats unreadable headers in the message and in the exception; any handler gets the redacted record."""
    log_redaction.install_filters()
    records: SimpleQueue[logging.LogRecord] = SimpleQueue()
    logger, handler = logging.getLogger("urllib3.connection"), QueueHandler(records)
    logger.addHandler(handler)
    try:
        raise RuntimeError(planted("header"))
    except RuntimeError as error:
        logger.warning("Failed to parse headers (url=%s): %s", "http://a/b?c=" + planted("q"), error, exc_info=True)
    finally:
        logger.removeHandler(handler)
    record = records.get_nowait()
    assert record.getMessage() == "Failed to parse headers (url=http://a/b?[redacted]): RuntimeError"
    assert Search().finds(logging.Formatter().format(record)) == []


def test_urllib3_does_not_log_the_path_of_a_webhook() -> None:
    """Whoever knows the URL of a chat's webhook can write there."""
    redaction = log_redaction.RedactQuery()
    for shape, shown in (
        ('"POST %s HTTP/1.1" 200', "/hooks/[redacted]"),
        ("Retry for (url='%s')", "/hooks/[redacted]"),
    ):
        record = logging.makeLogRecord({"msg": shape, "args": (f"/hooks/{planted('path')}",)})
        assert redaction.filter(record)
        assert record.getMessage() == shape % shown
