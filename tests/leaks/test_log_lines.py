"""The form of a log line: what of a failure it says, and what not (docs/threats.md, row 29)."""

import logging
import sqlite3
from logging.handlers import QueueHandler
from queue import SimpleQueue
from typing import Any

import pytest

from config.logs import LineFormatter, logging_config
from shared.http.redaction import exception_name, redact_path, redacted_traceback
from social.network import log_redaction
from tests.leaks.canaries import Search, planted

pytestmark = pytest.mark.threat(29)


def line(message: Any, *args: Any, error: BaseException | None = None) -> str:
    info = (type(error), error, error.__traceback__) if error is not None else None
    record = logging.LogRecord("tandem.tests", logging.ERROR, __file__, 1, message, args, info)
    record.exc_text = "what another handler has made of it: " + planted("cached")
    return LineFormatter().format(record)


def raised(error: BaseException, *, cause: BaseException | None = None) -> BaseException:
    """Return the exception as it is after it was raised, with its traceback."""
    try:
        raise error from cause
    except BaseException as caught:  # noqa: BLE001 - whatever it is
        return caught


class Unspeakable(Exception):
    """It cannot even say what it is."""

    def __str__(self) -> str:
        raise RuntimeError(planted("str"))

    __repr__ = __str__


ERRORS: dict[str, BaseException] = {
    "plain": RuntimeError(planted("a")),
    "with a cause": raised(RuntimeError(planted("a")), cause=KeyError(planted("b"))),
    "a group": ExceptionGroup(planted("a"), [ValueError(planted("b")), ExceptionGroup("g", [KeyError(planted("c"))])]),
    "that cannot be shown": Unspeakable(planted("a")),
    "of syntax": SyntaxError(planted("a"), ("file", 1, 1, planted("source"))),
    "of encoding": UnicodeDecodeError("utf-8", planted("a").encode(), 0, 1, planted("reason")),
    "of the system": OSError(2, planted("a"), planted("file")),
    "of the interpreter": SystemExit(planted("a")),
}


@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
def test_a_traceback_has_no_words(error: BaseException) -> None:
    """Its kinds and frames alone, notes, causes and groups included, even where the message repeats its words."""
    error.add_note(planted("note"))
    caught = raised(error)
    for text in (line("it failed", error=caught), line("it failed: %s", caught, error=caught)):
        assert Search().finds(text) == []
        assert "it failed" in text
        assert "in raised" in text
        assert exception_name(caught) in text


def test_causes_come_first_and_each_once() -> None:
    """As Python tells it."""
    inner = raised(KeyError("words"))
    outer = raised(RuntimeError("words"), cause=inner)
    inner.__context__ = outer
    text = redacted_traceback(outer)
    assert text.index("KeyError") < text.index("direct cause of") < text.index("RuntimeError")
    assert text.count("KeyError") == 1


def test_codes_stay() -> None:
    """What the system and the database number says what happened."""
    assert exception_name(OSError(111, "refused")) == "ConnectionRefusedError (errno 111)"
    assert exception_name(sqlite3.OperationalError("no such table")) == "sqlite3.OperationalError"
    assert "sqlstate 42P01" in exception_name(type("UndefinedTable", (Exception,), {"sqlstate": "42P01"})())


@pytest.mark.parametrize("forged", ["\n", "\r\n", "\x1b[31m", "\u2028", "\x85", "\0"])
def test_nobody_writes_a_line_of_their_own(forged: str) -> None:
    """What a client sends stays within the line that says it."""
    text = line("GET %s", f"/a{forged}2026-01-01 INFO tandem.access forged")
    assert len(text.splitlines()) == 1
    assert forged not in text


@pytest.mark.parametrize(("message", "args"), [("%s %s", ("one",)), ("%d", ("text",)), ("%s", (Unspeakable(),))])
def test_what_cannot_be_shown_is_said(message: str, args: tuple[Any, ...]) -> None:
    """Python itself would print the record with all of its arguments."""
    text = line(message, *args)
    assert "Error)" in text
    assert Search().finds(text) == []


def test_queries_are_cut() -> None:
    """Of every URL, whoever logs it."""
    text = line("calling %s", f"https://example.com/me?access_token={planted('query')}")
    assert text.endswith("calling https://example.com/me?[redacted]")


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
def test_a_path_that_could_hold_a_token_is_cut(path: str, shown: str) -> None:
    """Some clients put it there by mistake; our own paths have no such part."""
    assert redact_path(path) == shown


def test_django_says_nothing_past_our_form() -> None:
    """Its own handlers would say everything again, with the exception's words."""
    configured = logging_config("DEBUG")
    assert configured["loggers"]["django"] == {"handlers": [], "propagate": True}
    assert logging.getLogger("django").handlers == []


def test_a_library_says_an_answer_without_its_bytes() -> None:
    """urllib3 repeats headers that it cannot read, in the message and in the exception; whoever formats the record."""
    log_redaction.install_filters()
    told: SimpleQueue[logging.LogRecord] = SimpleQueue()
    logger, handler = logging.getLogger("urllib3.connection"), QueueHandler(told)
    logger.addHandler(handler)
    try:
        raise RuntimeError(planted("header"))
    except RuntimeError as error:
        logger.warning("Failed to parse headers (url=%s): %s", "http://a/b?c=" + planted("q"), error, exc_info=True)
    finally:
        logger.removeHandler(handler)
    record = told.get_nowait()
    assert record.getMessage() == "Failed to parse headers (url=http://a/b?[redacted]): RuntimeError"
    assert Search().finds(logging.Formatter().format(record)) == []
