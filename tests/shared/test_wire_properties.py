"""Property tests of the JSON dialect and of the size limit."""

import json
import math
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.contract import wire
from shared.contract.errors import InvalidJson, PayloadTooLarge

TEXT = st.text(st.characters(codec="utf-8"))
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
LEAVES = st.none() | st.booleans() | NUMBERS | TEXT
TREES = st.dictionaries(
    TEXT,
    st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=20),
)
PIECES = st.sampled_from(
    [b"{", b"}", b"[", b"]", b":", b",", b'"', b'"a"', b"1", b"-", b"0", b"1e999", b"1.5", b"NaN", b"Infinity",
     b"true", b"null", b"\\ud800", b"\\u0000", b'"\\ud83d\\ude00"', b"\xef\xbb\xbf", b"\xff", b" ", b"\n", b"\x00"]
)  # fmt: skip
BYTES = st.binary(max_size=200) | st.lists(PIECES, max_size=30).map(b"".join) | TREES.map(wire.encode)


@given(TREES)
def test_round_trip(tree: dict[str, Any]) -> None:
    """Every tree within the bounds is decoded as it was encoded, including types."""
    read = wire.decode(wire.encode(tree))
    assert read == tree
    assert repr(read) == repr(tree)


@settings(max_examples=150)
@given(BYTES)
@example(b"")
@example(b"{}{}")
@example(b'{"a":1,"a":1}')
@example(b'{"a":"\\ud800"}')
@example(b'\xef\xbb\xbf{"a":1}')
@example('{"a":1}'.encode("utf-16"))
@example('{"a":1}'.encode("utf-32"))
@example(b'{"a":1e999}')
@example(b'{"a":' + b"[" * 100_000)
@example(b'{"a":' + b"9" * 4301 + b"}")
def test_bytes_are_an_object_or_invalid(body: bytes) -> None:
    """Any bytes are either InvalidJson, or a dictionary that equals the standard library's."""
    try:
        read = wire.decode(body)
    except InvalidJson:
        return
    assert isinstance(read, dict)
    assert repr(json.loads(body.decode("utf-8"))) == repr(read)
    # A decoded object can be encoded and decoded again.
    assert wire.decode(wire.encode(read)) == read


@given(st.lists(st.booleans(), min_size=31, max_size=36), TREES)
def test_depth(kinds: list[bool], beside: dict[str, Any]) -> None:
    """Thirty-two levels are accepted, including the object itself; one more is refused."""
    value: Any = "leaf"
    for is_list in kinds:
        value = [value] if is_list else {"in": value}
    body = wire.encode({**beside, "deep": value})
    if len(kinds) + 1 <= wire.MAX_DEPTH:
        assert wire.decode(body)["deep"] == value
    else:
        with pytest.raises(InvalidJson):
            wire.decode(body)


@given(st.integers(1, 5000), st.sampled_from(["", "-"]))
def test_long_integers(digits: int, sign: str) -> None:
    """An integer of up to 4 300 digits is accepted, a longer one refused; the sign does not count."""
    body = f'{{"n":{sign}{"9" * digits}}}'.encode()
    if digits <= wire.MAX_INTEGER_DIGITS:
        assert wire.decode(body)["n"] == int(sign + "9" * digits)
    else:
        with pytest.raises(InvalidJson):
            wire.decode(body)


@given(st.floats())
def test_doubles(number: float) -> None:
    """Every finite double is accepted; NaN and infinities are neither encoded nor decoded."""
    if math.isfinite(number):
        assert wire.decode(wire.encode({"n": number})) == {"n": number}
        return
    with pytest.raises(ValueError, match="not JSON compliant"):
        wire.encode({"n": number})
    with pytest.raises(InvalidJson):
        wire.decode(json.dumps({"n": number}).encode())


class ShortReads:
    """A stream that returns fewer bytes than requested, by a list of sizes."""

    def __init__(self, body: bytes, sizes: list[int]) -> None:
        self._body, self._sizes, self._reads = body, sizes, 0

    def read(self, size: int, /) -> bytes:
        size = min(size, self._sizes[self._reads % len(self._sizes)])
        part, self._body = self._body[:size], self._body[size:]
        self._reads += 1
        return part


@given(st.integers(-50, 50), st.lists(st.integers(500, 70_000), min_size=1, max_size=5))
def test_size_limit(over: int, sizes: list[int]) -> None:
    """A body of up to 64 KiB is read whole, in any parts; one byte more is refused."""
    body = b"x" * (wire.MAX_BYTES + over)
    if over <= 0:
        assert wire.read_limited(ShortReads(body, sizes)) == body
    else:
        with pytest.raises(PayloadTooLarge):
            wire.read_limited(ShortReads(body, sizes))
