"""Two texts of JSON: the places in which their values differ, and the text that is left without some places.

A place is a part (`body`) and a JSONPath (RFC 9535) in which each index is `*`: `$.objects[*].id`.
"""

import json
import re
from collections.abc import Iterator, Set
from functools import cache, lru_cache
from typing import Any

from parity.redaction import ABSENT, Note, shown_key

Place = tuple[str, str]

_LEXEME = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+|\s+')


def differences(one: bytes, other: bytes) -> dict[Place, tuple[Any, Any]]:
    """Return the places in which two bodies differ, and the first two values of each.

    Bodies that are not both JSON differ as a whole. The order of keys, spaces, escapes and the form of a number are no
    differences of values.
    """
    if one == other:
        return {}
    try:
        old, new = _parsed(one.decode()), _parsed(other.decode())
        found: dict[Place, tuple[Any, Any]] = {}
        for path, before, after in _places("$", old, new):
            found.setdefault(("body", path), (before, after))
    except (ValueError, RecursionError):
        return {("body", "$"): (one.decode(errors="replace"), other.decode(errors="replace"))}
    return found


def layout(body: bytes, left_out: Set[Place]) -> list[str]:
    """Return the tokens of a JSON text, white space included, without those of some places.

    If two texts have the same, they are alike to the byte outside of these places. A body that is not JSON is one
    token.
    """
    try:
        text = body.decode()
        _parsed(text)
    except (ValueError, RecursionError):
        return [] if is_within(("body", "$"), left_out) else [body.decode("latin-1")]
    found, is_left_out = [], cache(lambda place: is_within(("body", place), left_out))
    for place, token in _tokens(text):
        if not is_left_out(place):
            found.append(token)
    return found


def is_within(place: Place, places: Set[Place]) -> bool:
    """Return True if a place, or one that contains it, is among the places."""
    part, path = place
    return any(part == one and (path == other or path.startswith((f"{other}.", f"{other}["))) for one, other in places)


def _parsed(text: str) -> Any:
    # NaN is not equal to itself; its name in parentheses is.
    return json.loads(text, parse_constant=lambda name: f"({name})")


def _places(path: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(one for one in new if one not in old)]:
            place = _below(path, key)
            if key in old and key in new:
                yield from _places(place, old[key], new[key])
            else:
                yield place, old.get(key, ABSENT), new.get(key, ABSENT)
    elif isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            yield path, Note(f"{len(old)} elements"), Note(f"{len(new)} elements")
            return
        for one, other in zip(old, new, strict=True):
            yield from _places(f"{path}[*]", one, other)
    # To Python, True is 1.
    elif isinstance(old, bool) != isinstance(new, bool) or old != new:
        yield path, old, new


@lru_cache(maxsize=1000)
def _below(path: str, key: str) -> str:
    return f"{path}.{shown_key(key)}"


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Yield the tokens of a valid JSON text, each with its path; those of a container have the container's."""
    containers: list[tuple[str, bool]] = []
    path, is_key = "$", False
    for lexeme in _LEXEME.findall(text):
        if lexeme in "}]":
            path = containers.pop()[0]
            yield path, lexeme
            is_key = False
        elif lexeme in "{[":
            yield path, lexeme
            containers.append((path, lexeme == "{"))
            is_key = lexeme == "{"
            path = path if is_key else f"{path}[*]"
        elif lexeme == "," or lexeme.isspace():
            container, is_object = containers[-1] if containers else ("$", False)
            yield container, lexeme
            if lexeme == ",":
                is_key, path = is_object, container if is_object else f"{container}[*]"
        elif is_key:
            path, is_key = _below(path, json.loads(lexeme)), False
            yield path, lexeme
        else:
            yield path, lexeme
