"""The wire format: media type, size limit, and decoding and encoding of JSON (docs/contract.md, section 1).

API frameworks differ in the bodies that they accept (NaN, duplicate keys, latin-1, a BOM, any depth). Every adapter
therefore decodes bodies with this module.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NoReturn, Protocol

from shared.contract.dialects import CONTRACT, Dialect
from shared.contract.errors import InvalidJson, PayloadTooLarge, UnsupportedMediaType

MEDIA_TYPE = "application/json"
MAX_BYTES = 64 * 1024
MAX_DEPTH = 32
MAX_INTEGER_DIGITS = 4300
MAX_MEDIA_TYPE = 256
"""The most characters of a `Content-Type`."""

# RFC 9110 sections 5.6.6 and 8.3.1; a lone semicolon is accepted too. Possessive quantifiers prevent backtracking.
# A name with an asterisk would be RFC 2231's form, in which libraries decode the value.
_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
_PARAMETER = rf"""([!#$%&'+.^_`|~0-9A-Za-z-]++)=({_NAME}|"(?:[^"\\]|\\.)*+")"""
_MEDIA_TYPE = re.compile(rf"({_NAME}/{_NAME})((?:[ \t]*+;[ \t]*+(?:{_PARAMETER})?+)*+)[ \t]*")
_PARAMETERS = re.compile(_PARAMETER)
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Readable(Protocol):
    """A request body that can be read in parts."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes; no bytes mean the end."""


def check_media_type(content_type: str, content_encoding: str) -> None:
    """Check that the headers declare JSON in UTF-8.

    :param content_type: the header's value; empty if the client sent none, as old clients do.
    :raises UnsupportedMediaType: the headers name another media type, another charset, or a content encoding.
    """
    if content_encoding.strip() or (content_type.strip() and media_type(content_type) != MEDIA_TYPE):
        raise UnsupportedMediaType


def media_type(content_type: str) -> str | None:
    """Return the media type of a `Content-Type` in lower case, in linear time.

    Return None if it is too long, malformed, has a parameter in RFC 2231's form, or names a charset other than UTF-8.
    """
    if len(content_type) > MAX_MEDIA_TYPE:
        return None
    match = _MEDIA_TYPE.fullmatch(content_type.strip())
    if match is None:
        return None
    charsets = [value.strip('"').lower() for name, value in _PARAMETERS.findall(match[2]) if name.lower() == "charset"]
    return match[1].lower() if set(charsets) <= {"utf-8", "utf8"} else None


def read_limited(stream: Readable) -> bytes:
    """Read a whole body of at most `MAX_BYTES`.

    :raises PayloadTooLarge: the body is longer; reading stops one byte after the limit.
    """
    parts: list[bytes] = []
    remaining = MAX_BYTES + 1
    while remaining > 0 and (part := stream.read(remaining)):
        parts.append(part)
        remaining -= len(part)
    if remaining <= 0:
        raise PayloadTooLarge
    return b"".join(parts)


def decode(body: bytes) -> dict[str, Any]:
    """Return the JSON object in a body.

    :raises InvalidJson: the body is not exactly one JSON object in the strict dialect.
    """
    try:
        text = body.decode("utf-8")
        value = _DECODER.decode(text)
    except (ValueError, RecursionError):
        raise InvalidJson from None
    if not isinstance(value, dict) or _is_too_deep(value):
        raise InvalidJson
    # UTF-8 holds no surrogates, so only an escape can have made one.
    if _SURROGATE_ESCAPE.search(text) and any(map(_SURROGATE.search, _strings(value))):
        raise InvalidJson
    return value


def encode(body: Any, dialect: Dialect = CONTRACT) -> bytes:
    """Return the JSON bytes of a body: UTF-8; in the contract's dialect compact separators, and keys in their order."""
    return (_LEGACY_ENCODER if dialect.is_legacy else _ENCODER).encode(body).encode("utf-8")


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_LEGACY_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, allow_nan=False)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InvalidJson
    return found


def _integer(digits: str) -> int:
    if len(digits) > MAX_INTEGER_DIGITS and len(digits.lstrip("-")) > MAX_INTEGER_DIGITS:
        raise InvalidJson
    return int(digits)


def _double(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise InvalidJson
    return number


def _constant(name: str) -> NoReturn:
    raise InvalidJson


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_double, parse_constant=_constant
)


def _is_too_deep(root: dict[str, Any]) -> bool:
    level: list[Any] = [root]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in _values(node) if isinstance(child, (dict, list))]
        if not level:
            return False
    return True


def _strings(node: Any) -> Iterator[str]:
    """Yield the keys and the string values of a tree; its depth is limited already."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, (dict, list)):
        for value in (*node, *_values(node)) if isinstance(node, dict) else node:
            yield from _strings(value)


def _values(node: Any) -> Any:
    return node.values() if isinstance(node, dict) else node
