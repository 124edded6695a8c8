"""Bytes to one strict JSON dialect, and back (docs/contract.md, section 1).

Web frameworks each accept what the other refuses (NaN, duplicate keys, latin-1, a BOM, any depth);
a body means the same on both only where this module alone has read it.
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

# RFC 9110 sections 5.6.6 and 8.3.1, except that a lone semicolon passes; possessive, so that it cannot backtrack.
_PARAMETER = r"""([!#$%&'*+.^_`|~0-9A-Za-z-]++)=([!#$%&'*+.^_`|~0-9A-Za-z-]++|"(?:[^"\\]|\\.)*+")"""
_MEDIA_TYPE = re.compile(rf"application/json((?:[ \t]*+;[ \t]*+(?:{_PARAMETER})?+)*+)[ \t]*", re.IGNORECASE)
_PARAMETERS = re.compile(_PARAMETER)
_SURROGATE = re.compile("[\ud800-\udfff]")


class Readable(Protocol):
    """A request body that can be read in part."""

    def read(self, size: int, /) -> bytes:
        """Give at most `size` bytes, and none only at the end."""


def check_media_type(content_type: str, content_encoding: str) -> None:
    """Refuse a body that is not plain JSON in UTF-8.

    :param content_type: the header's value; empty where there is none, as old clients send it.
    :raises UnsupportedMediaType: for another type, another charset or any encoding.
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
    """Read a body to its end, never holding more than the limit.

    :raises PayloadTooLarge: as soon as one byte more than the limit has come.
    """
    parts: list[bytes] = []
    room = MAX_BYTES + 1
    while room > 0 and (part := stream.read(room)):
        parts.append(part)
        room -= len(part)
    if room <= 0:
        raise PayloadTooLarge
    return b"".join(parts)


def decode(body: bytes) -> dict[str, Any]:
    """Turn a body into the object it holds.

    :raises InvalidJson: for anything but one JSON object of the strict dialect.
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
    """Turn a body into the bytes that every API sends: compact, UTF-8, keys in the order given."""
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
    """Refuse too deep a tree and lone surrogates, in keys as in values."""
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
