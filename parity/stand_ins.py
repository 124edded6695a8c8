"""What is sent in place of what was recorded: nobody's credential leaves its recording."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote_plus

from parity.masking import SECRET_NAMES
from parity.recorded_request import Headers as Recorded
from parity.requests import Headers
from shared.paths import without_secrets

SENT = frozenset(
    {
        "accept",
        "accept-language",
        "access-control-request-headers",
        "access-control-request-method",
        "content-encoding",
        "content-type",
        "if-modified-since",
        "if-none-match",
        "origin",
        "range",
        "x-http-method-override",
        "x-requested-with",
    }
)
"""Headers that are sent as recorded; others are of the connection, of a proxy, of a person (cookies), of an app build
that the ledger would count, or none that the contract knows."""
_SCHEMES = frozenset({"bearer", "token", "apikey", "basic", "digest", "jwt", "oauth"})
_CHARACTER = re.compile(r"[A-Za-z0-9]")
_LONG = re.compile(r"[A-Za-z0-9._~+/=-]{12,}")
_WORDS = re.compile(r"[a-z_]+")
_PROVIDER = re.compile(r"[a-z][a-z0-9-]{0,23}")
"""As providers are called; no token of theirs is so short and so plain."""
_SAFE_PARAMETERS = frozenset({"limit", "offset", "format", "callback", "order_by"})


def stand_in(text: str) -> str:
    """Give a text of the same length and the same odd characters, with every letter and digit an x."""
    return _CHARACTER.sub("x", text)


def _masked(match: re.Match[str]) -> str:
    return stand_in(match[0])


def headers(recorded: Recorded) -> Headers:
    """Give the headers that are sent as recorded, and no Authorization."""
    return tuple((name, value) for name, value in recorded if name.lower() in SENT)


def authorization(recorded: str) -> str:
    """Give a header that is no good in the same way: its scheme stays where it is one."""
    scheme, blank, rest = recorded.partition(" ")
    return (scheme if scheme.lower() in _SCHEMES else stand_in(scheme)) + blank + stand_in(rest)


def path(recorded: str) -> str:
    """Give a path without the parts that could be a token: a client may have put one there by mistake."""
    return "/".join(part if without_secrets(part) == part else stand_in(part) for part in recorded.split("/"))


def query(recorded: str) -> str:
    """Give a query with the values of all but harmless parameters replaced."""
    return "&".join(_parameter(part) for part in recorded.split("&"))


def _parameter(part: str) -> str:
    name, equals, value = part.partition("=")
    if unquote_plus(name) in _SAFE_PARAMETERS and not _LONG.search(value):
        return part
    return _LONG.sub(_masked, name) + equals + quote(stand_in(unquote_plus(value)), safe="")


def body(recorded: bytes, tokens: Mapping[str, str]) -> bytes:
    """Give a body with its tokens replaced, and else as it was, byte by byte where that can be.

    :param tokens: by the name of the field, what stands in its place; every other secret becomes a stand-in.
    """
    try:
        text = recorded.decode("utf-8")
        value = json.loads(text)
    except (ValueError, RecursionError):
        return _LONG.sub(_masked, recorded.decode("latin-1")).encode("latin-1")
    replaced = _replaced(value, "", tokens)
    changes = set(_changes(value, replaced))
    ambiguous = len(dict(changes)) < len(changes)  # one text that two things stand for
    for old, new in changes:
        literal = json.dumps(old, ensure_ascii=False)
        if literal not in text or ambiguous:  # it was written with escapes
            return json.dumps(replaced).encode()
        text = text.replace(literal, json.dumps(new))
    return text.encode()


def _replaced(value: Any, name: str, tokens: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {_key(key): _replaced(one, key, tokens) for key, one in value.items()}
    if isinstance(value, list):
        return [_replaced(one, name, tokens) for one in value]
    if not isinstance(value, str) or not value:
        return value
    if name in tokens:
        return tokens[name]
    if name == "provider" and _PROVIDER.fullmatch(value):
        return value
    secret = SECRET_NAMES.fullmatch(name) and name != "nonce"
    return stand_in(value) if secret or _LONG.search(value) else value


def _key(name: str) -> str:
    """Give a field's name; one that is no word may be a token that got into the wrong place."""
    return name if _WORDS.fullmatch(name) else _LONG.sub(_masked, name)


def _changes(old: Any, new: Any) -> Iterator[tuple[str, str]]:
    if isinstance(old, dict):
        for (key, one), (other_key, other) in zip(old.items(), new.items(), strict=False):
            yield from _changes(key, other_key)
            yield from _changes(one, other)
    elif isinstance(old, list):
        for one, other in zip(old, new, strict=True):
            yield from _changes(one, other)
    elif isinstance(old, str) and old != new:
        yield old, new
