"""Exceptions and paths without secrets: exception names, tracebacks and texts without messages, and redacted paths.

An exception's message may repeat a token or personal data that a library was given.
"""

import re
import traceback
from collections.abc import Iterator
from itertools import takewhile
from urllib.parse import quote

MIN_MESSAGE_LENGTH = 4
"""Characters; `redact_messages` does not look for shorter messages, which could be part of any text."""
_CODES = ("errno", "sqlstate", "pgcode")
"""Attributes of operating system and database errors that name the cause and contain no data."""


def exception_name(error: BaseException) -> str:
    """Return an exception's class and error codes: `psycopg.errors.UndefinedTable (sqlstate 42P01)`."""
    cls = type(error)
    name = cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"
    codes = [f"{code} {getattr(error, code)}" for code in _CODES if getattr(error, code, None) is not None]
    return f"{name} ({', '.join(codes)})" if codes else name


def redacted_traceback(error: BaseException) -> str:
    """Return the traceback with its causes, source lines and exception names, and without messages."""
    return "\n".join(_traceback_parts(error, set()))


def redact_messages(text: str, error: BaseException) -> str:
    """Replace the messages of an exception and of its related exceptions in a text with their names."""
    for one in related_exceptions(error):
        message = _message(one)
        text = text.replace(message, exception_name(one)) if len(message) >= MIN_MESSAGE_LENGTH else text
    return text


def related_exceptions(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception, its causes and contexts, and the members of its groups, each once."""
    seen: set[int] = set()
    pending = [error]
    while pending:
        current = pending.pop()
        if id(current) not in seen:
            seen.add(id(current))
            yield current
            pending.extend(one for one in (current.__cause__, current.__context__) if one is not None)
            pending.extend(current.exceptions if isinstance(current, BaseExceptionGroup) else ())


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - an exception whose __str__ fails has no message
        return ""


def _traceback_parts(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _traceback_parts(before, seen)
        # As Python's own tracebacks have it.
        yield (
            "\nThe above exception was the direct cause of the following exception:\n"
            if error.__cause__
            else "\nDuring handling of the above exception, another exception occurred:\n"
        )
    if error.__traceback__ is not None:
        yield "Traceback (most recent call last):"
        yield "".join(traceback.format_tb(error.__traceback__)).rstrip("\n")
    yield exception_name(error)
    for number, one in enumerate(error.exceptions if isinstance(error, BaseExceptionGroup) else (), start=1):
        if id(one) not in seen:
            yield f"\nException {number} of the group:\n"
            yield from _traceback_parts(one, seen)


MIN_TOKEN_LENGTH = 20
"""Characters; a shorter part of a path is no token. UUIDs are the only longer parts of this service's paths."""
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_FILE_NAME = re.compile(r"[a-z._-]+")
"""Lower case only; a token has digits or capitals."""
_HIDDEN = re.compile(r"[^!->@-~]")
_KEPT = "/:;@&=+$,!*'()%[]"
_HOST = re.compile(r"[A-Za-z0-9.:\[\]_-]{1,253}")


def redact_path(path: str) -> str:
    """Replace the rest of a path from the first part that may be a token; a token may contain slashes."""
    parts = path.split("/")
    harmless = list(takewhile(_is_harmless, parts))
    return "/".join(parts if len(harmless) == len(parts) else [*harmless, "[redacted]"])


def logged_path(path: str) -> str:
    """Return a redacted path as one word of visible ASCII characters.

    Django has decoded it. With its blanks a client could write fields into an access line, `/x outcome=created`.
    """
    path = redact_path(path)
    return quote(path, safe=_KEPT) if _HIDDEN.search(path) else path


def redact_host(host: str) -> str:
    """Return the Host of a request, without labels that may be tokens; `(unreadable)` if it is not a host's name."""
    if not _HOST.fullmatch(host):
        return "(unreadable)"
    return ".".join(label if _is_harmless(label) else "[redacted]" for label in host.split("."))


def _is_harmless(part: str) -> bool:
    return len(part) < MIN_TOKEN_LENGTH or bool(_FILE_NAME.fullmatch(part) or _UUID.fullmatch(part))
