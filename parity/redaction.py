"""Redaction: values as they may be printed, and placeholders for secrets that must not be sent.

Recordings and answers contain credentials. `shown_*` prepares values for output; the other functions build requests in
which each secret of a recording is replaced by a placeholder of the same shape.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, unquote_plus

from parity.requests import Headers
from shared.http.redaction import redact_path

MAX_SHOWN = 160
"""The most characters of a value that are printed."""
_SECRET_WORDS = "(?:token|secret|keys?|password|nonce|authorization|cookie|credential|proof|signature)"  # noqa: S105 - a pattern
SECRET_NAMES = re.compile(rf"(?:.*[_-])?{_SECRET_WORDS}", re.IGNORECASE)
"""Names of fields and headers whose values are never printed."""
_NAMED_SECRET = re.compile(
    rf"""(?:\A|[?&"'\s])(?:[\w-]{{0,60}}[_-])?{_SECRET_WORDS}["']?\s{{0,9}}[=:]""", re.IGNORECASE
)
SENT_HEADERS = frozenset(
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
"""Headers that are sent as recorded. Others belong to the connection, a proxy or a person (cookies), name an app build
that the ledger would count, or mean nothing to the contract."""

_LONG_SHOWN = re.compile(r"[A-Za-z0-9._~+/=-]{16,}+")
_NOT_IN_WORDS = re.compile(r"[A-Z0-9]")
"""Characters of tokens that long words and paths of the contract do not have."""
_SHOWN_PARAMETERS = re.compile(r"(?:limit|offset|format)=[A-Za-z0-9.+-]{0,20}")
_PATH_FIELDS = frozenset({"resource_uri", "next", "previous", "list_endpoint", "location", "link"})
"""Fields that hold paths of the contract, which may be long."""

_TOKEN_LIKE = re.compile(r"(?<![A-Za-z0-9_])(?=[A-Za-z_]*[0-9])(?=[0-9_]*[A-Za-z])[A-Za-z0-9_]{20,}")
"""Letters and digits without a dash; the words of a slug, a time and a UUID are shorter."""

_SCHEMES = frozenset({"bearer", "token", "apikey", "basic", "digest", "jwt", "oauth"})
_ALPHANUMERIC = re.compile(r"[A-Za-z0-9]")
_LONG_SENT = re.compile(r"[A-Za-z0-9._~+/=-]{12,}")
_WORDS = re.compile(r"[a-z_]+")
_PROVIDER = re.compile(r"[a-z][a-z0-9-]{0,23}")
"""Names of providers; no provider token is so short and has so few kinds of characters."""
_SAFE_PARAMETERS = frozenset({"limit", "offset", "format", "callback", "order_by"})


class Note(str):
    """A text about a value, which is printed in its place."""

    __slots__ = ()


ABSENT = Note("(absent)")


def shown_key(name: str) -> str:
    """Return the name of a field or a parameter without anything that could be a secret."""
    return _without_tokens(_printable(name))


def shown_target(target: str) -> str:
    """Return a path and its query without anything that could be a secret."""
    path, mark, query = target.partition("?")
    shown = redact_path(path)
    if not mark:
        return shown
    names = [name for name, _ in parse_qsl(query, keep_blank_values=True)]
    if len(query) <= MAX_SHOWN and all(_SHOWN_PARAMETERS.fullmatch(part) for part in query.split("&")):
        return f"{shown}?{query}"
    return f"{shown}?{'&'.join(f'{_printable(name)}=…' for name in names if _without_tokens(name) == name)}"


def shown_value(value: Any, name: str) -> str:
    """Return the value of a field or header on one line, without secrets."""
    if value is None:
        return "null"
    if isinstance(value, Note):
        return str(value)
    if SECRET_NAMES.fullmatch(name) and not isinstance(value, dict | list):
        return f"[redacted, {len(str(value))} characters]"
    text = json.dumps(_without_secrets(value, name), ensure_ascii=False)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}… ({len(text)} characters)"


def _without_secrets(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {
            key: "[redacted]" if SECRET_NAMES.fullmatch(key) and one is not None else _without_secrets(one, key)
            for key, one in value.items()
        }
    if isinstance(value, list):
        return [_without_secrets(one, name) for one in value]
    if not isinstance(value, str):
        return value
    text = _printable(value)
    return text if name in _PATH_FIELDS else _without_tokens(text)


def _without_tokens(text: str) -> str:
    def shown(match: re.Match[str]) -> str:
        return f"[redacted, {len(match[0])} characters]" if _NOT_IN_WORDS.search(match[0]) else match[0]

    return _LONG_SHOWN.sub(shown, text)


def _printable(text: str) -> str:
    """Return a text without control characters, which a terminal would interpret."""
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in unquote(text))


def may_hold_secret(text: str) -> bool:
    """Return True if a path, a query or a body holds a named secret, or a text that looks like a token."""
    decoded = unquote_plus(text)
    return bool(_NAMED_SECRET.search(decoded) or _TOKEN_LIKE.search(text) or _TOKEN_LIKE.search(decoded))


def placeholder(text: str) -> str:
    """Return a text of the same length with each letter and digit replaced by an x."""
    return _ALPHANUMERIC.sub("x", text)


def safe_headers(recorded: Headers) -> Headers:
    """Return the headers that are sent as recorded; Authorization is not one of them."""
    return tuple((name, value) for name, value in recorded if name.lower() in SENT_HEADERS)


def safe_authorization(recorded: str) -> str:
    """Return an Authorization that is invalid in the same way; a known scheme is kept."""
    scheme, blank, rest = recorded.partition(" ")
    return (scheme if scheme.lower() in _SCHEMES else placeholder(scheme)) + blank + placeholder(rest)


def safe_path(recorded: str) -> str:
    """Return a path without parts that could be a token, which a client may have put there by mistake."""
    return "/".join(part if redact_path(part) == part else placeholder(part) for part in recorded.split("/"))


def safe_query(recorded: str) -> str:
    """Return a query in which the values of all but harmless parameters are replaced."""
    return "&".join(_safe_parameter(part) for part in recorded.split("&"))


def _safe_parameter(part: str) -> str:
    name, equals, value = part.partition("=")
    if unquote_plus(name) in _SAFE_PARAMETERS and not _LONG_SENT.search(value):
        return part
    return _LONG_SENT.sub(_replaced_match, name) + equals + quote(placeholder(unquote_plus(value)), safe="")


def safe_body(recorded: bytes, tokens: Mapping[str, str]) -> bytes:
    """Return a body with its secrets replaced, and otherwise the same bytes where that is possible.

    :param tokens: replacements by the name of the field; every other secret becomes a placeholder.
    """
    try:
        text = recorded.decode("utf-8")
        value = json.loads(text)
    except (ValueError, RecursionError):
        return _LONG_SENT.sub(_replaced_match, recorded.decode("latin-1")).encode("latin-1")
    replaced = _replaced(value, "", tokens)
    changes = set(_changes(value, replaced))
    ambiguous = len(dict(changes)) < len(changes)  # one text has two replacements
    for old, new in changes:
        literal = json.dumps(old, ensure_ascii=False)
        if literal not in text or ambiguous:  # it was written with escapes
            return json.dumps(replaced).encode()
        text = text.replace(literal, json.dumps(new))
    return text.encode()


def _replaced(value: Any, name: str, tokens: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {_safe_key(key): _replaced(one, key, tokens) for key, one in value.items()}
    if isinstance(value, list):
        return [_replaced(one, name, tokens) for one in value]
    if not isinstance(value, str) or not value:
        return value
    if name in tokens:
        return tokens[name]
    if name == "provider" and _PROVIDER.fullmatch(value):
        return value
    secret = SECRET_NAMES.fullmatch(name) and name != "nonce"
    return placeholder(value) if secret or _LONG_SENT.search(value) else value


def _safe_key(name: str) -> str:
    """Return a field's name; one that is no word could be a token in the wrong place."""
    return name if _WORDS.fullmatch(name) else _LONG_SENT.sub(_replaced_match, name)


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


def _replaced_match(match: re.Match[str]) -> str:
    return placeholder(match[0])
