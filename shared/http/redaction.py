"""An exception without its words, which may repeat what a library was given: its kind, its frames and its codes."""

import re
import traceback
from collections.abc import Iterator
from itertools import takewhile

LEAST = 4
"""Characters that an exception's words must have to be looked for in a text."""
_CODES = ("errno", "sqlstate")
"""Attributes of the system's and the database's errors that say what happened and hold nothing of ours."""


def kind(error: BaseException) -> str:
    """Name an exception: `psycopg.errors.UndefinedTable (sqlstate 42P01)`."""
    cls = type(error)
    name = cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"
    codes = [f"{code} {getattr(error, code)}" for code in _CODES if getattr(error, code, None) is not None]
    return f"{name} ({', '.join(codes)})" if codes else name


def story(error: BaseException) -> str:
    """Give the whole traceback, causes first, with lines of source and kinds of exceptions, and no message."""
    return "\n".join(_parts(error, set()))


def without_words(text: str, error: BaseException) -> str:
    """Give a text with the words of an exception, and of all that belong to it, replaced by their kinds."""
    for one in chain(error):
        words = _words(one)
        text = text.replace(words, kind(one)) if len(words) >= LEAST else text
    return text


def chain(error: BaseException) -> Iterator[BaseException]:
    """Give an exception and all that led to it or is inside it, each once."""
    seen: set[int] = set()
    pending = [error]
    while pending:
        current = pending.pop()
        if id(current) not in seen:
            seen.add(id(current))
            yield current
            pending.extend(one for one in (current.__cause__, current.__context__) if one is not None)
            pending.extend(current.exceptions if isinstance(current, BaseExceptionGroup) else ())


def _words(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - an exception that cannot be shown says nothing
        return ""


def _parts(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _parts(before, seen)
        yield "\nThe direct cause of:\n" if error.__cause__ else "\nWhile that was handled:\n"
    if error.__traceback__ is not None:
        yield "Traceback (most recent call last):"
        yield "".join(traceback.format_tb(error.__traceback__)).rstrip("\n")
    yield kind(error)
    for number, one in enumerate(error.exceptions if isinstance(error, BaseExceptionGroup) else (), start=1):
        if id(one) not in seen:
            yield f"\n{number} of the group:\n"
            yield from _parts(one, seen)


LONG = 20
"""Characters; no path of ours has a part so long but a UUID."""
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_NAME = re.compile(r"[a-z._-]+")
"""What files are called; a token has digits or capitals."""


def without_secrets(path: str) -> str:
    """Give a path up to the first part that could be a token, which may have slashes in it itself."""
    parts = path.split("/")
    harmless = list(takewhile(_is_harmless, parts))
    return "/".join(parts if len(harmless) == len(parts) else [*harmless, "[redacted]"])


def _is_harmless(part: str) -> bool:
    return len(part) < LONG or bool(_NAME.fullmatch(part) or _UUID.fullmatch(part))
