"""The wire format: media type, size limit, and decoding and encoding of JSON (docs/contract.md, section 1).

API frameworks differ in the bodies that they accept (NaN, duplicate keys, latin-1, a BOM, any depth). Every adapter
therefore decodes bodies with this module.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NoReturn, Protocol

from shared.contract.errors import InvalidJson, PayloadTooLarge, UnsupportedMediaType

MEDIA_TYPE = "application/json"
MAX_BYTES = 64 * 1024
MAX_DEPTH = 32
MAX_INTEGER_DIGITS = 4300

# RFC 9110 sections 5.6.6 and 8.3.1; a lone semicolon is accepted too. Possessive quantifiers prevent backtracking.
_PARAMETER = r"""([!#$%&'*+.^_`|~0-9A-Za-z-]++)=([!#$%&'*+.^_`|~0-9A-Za-z-]++|"(?:[^"\\]|\\.)*+")"""
_MEDIA_TYPE = re.compile(rf"application/json((?:[ \t]*+;[ \t]*+(?:{_PARAMETER})?+)*+)[ \t]*", re.IGNORECASE)
_PARAMETERS = re.compile(_PARAMETER)
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
    if content_encoding.strip():
        raise UnsupportedMediaType
    if not content_type.strip():
        return
    match = _MEDIA_TYPE.fullmatch(content_type.strip())
    if match is None:
        raise UnsupportedMediaType
    for name, value in _PARAMETERS.findall(match[1]):
        if name.lower() == "charset" and value.strip('"').lower() not in {"utf-8", "utf8"}:
            raise UnsupportedMediaType


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
        value = _DECODER.decode(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise InvalidJson from None
    if not isinstance(value, dict):
        raise InvalidJson
    _check_tree(value)
    return value


def encode(body: Any) -> bytes:
    """Return the JSON bytes of a body: UTF-8, compact separators, keys in their order."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InvalidJson
    return found


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_INTEGER_DIGITS:
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


def _check_tree(root: dict[str, Any]) -> None:
    """Raise InvalidJson for a tree that is too deep, or with a lone surrogate in a key or value."""
    level: list[Any] = [root]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in _children(node)]
        if not level:
            return
    raise InvalidJson


def _children(node: Any) -> Iterator[Any]:
    values = [*node.keys(), *node.values()] if isinstance(node, dict) else node
    for value in values:
        if isinstance(value, str) and _SURROGATE.search(value):
            raise InvalidJson
        if isinstance(value, (dict, list)):
            yield value
