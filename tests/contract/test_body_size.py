"""docs/contract.md, section 1: the limits of a body's size and depth."""

from collections.abc import Callable

import pytest

from tests.contract.answers import Response, assert_error
from tests.contract.conftest import ApiClient

READ = "unknown_provider"
LIMIT = 64 * 1024
START, END = b'{"provider":"nobody","ignored":', b"}"

SENDERS: dict[str, Callable[..., Response]] = {
    "with its length": ApiClient.post,
    "with its length alone": ApiClient.post_plain,
    "chunked": ApiClient.post_chunked,
}


def spaced(size: int) -> bytes:
    """Return a body of `size` bytes, padded with spaces."""
    return b'{"provider":"nobody"}'.ljust(size)


def stuffed(size: int) -> bytes:
    """Return a body of `size` bytes with one long string."""
    return START + b'"' + b"x" * (size - len(START) - len(END) - 2) + b'"' + END


def lists(depth: int) -> bytes:
    """Return a body of lists of this depth; the outermost object is level 1."""
    return START + b"[" * (depth - 1) + b"]" * (depth - 1) + END


def objects(depth: int) -> bytes:
    return START + b'{"a":' * (depth - 2) + b"{}" + b"}" * (depth - 2) + END


@pytest.mark.parametrize("send", SENDERS.values(), ids=SENDERS)
@pytest.mark.parametrize("make", [spaced, stuffed])
def test_a_body_of_64_kib_is_read(api: ApiClient, send: Callable[..., Response], make: Callable[[int], bytes]) -> None:
    """A body of exactly 64 KiB is read."""
    assert len(make(LIMIT)) == LIMIT
    assert_error(send(api, "social_sign_up/", make(LIMIT)), READ)


@pytest.mark.parametrize("send", SENDERS.values(), ids=SENDERS)
@pytest.mark.parametrize("size", [LIMIT + 1, LIMIT * 2, 3 * 1024 * 1024])
@pytest.mark.parametrize("make", [spaced, stuffed])
def test_a_body_above_64_kib_is_refused(
    api: ApiClient, send: Callable[..., Response], make: Callable[[int], bytes], size: int
) -> None:
    """A body above 64 KiB is refused with 413, whether its length is declared or not."""
    assert_error(send(api, "social_sign_up/", make(size)), "payload_too_large")


@pytest.mark.parametrize("length", ["65537", "0065537", "9" * 5000])
def test_a_declared_length_above_the_limit_is_refused_without_reading(api: ApiClient, length: str) -> None:
    """A body with a declared length above the limit is not read; Python converts no number of 5 000 digits."""
    response = api.post_plain("social_sign_up/", b"", CONTENT_LENGTH=length, **{"wsgi.input": Unreadable()})
    assert_error(response, "payload_too_large")


def test_an_endless_chunked_body_is_read_up_to_the_limit(api: ApiClient) -> None:
    """A chunked body is read only until it exceeds the limit."""
    endless = Endless()
    assert_error(api.post_chunked("social_sign_up/", b"", **{"wsgi.input": endless}), "payload_too_large")
    assert endless.given <= 2 * LIMIT


@pytest.mark.parametrize("make", [lists, objects])
def test_a_body_of_32_levels_is_read(api: ApiClient, make: Callable[[int], bytes]) -> None:
    """The outermost object is level 1, the deepest list or object level 32."""
    assert_error(api.post("social_sign_up/", make(32)), READ)


@pytest.mark.parametrize("make", [lists, objects])
@pytest.mark.parametrize("depth", [33, 34, 100, 999, 1001, 5000])
def test_a_body_of_more_than_32_levels_is_refused(api: ApiClient, make: Callable[[int], bytes], depth: int) -> None:
    """A deeper body is `invalid_json`, also in a field that is ignored."""
    assert_error(api.post("social_sign_up/", make(depth)), "invalid_json")


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 60_000,
        b"[" * 30_000 + b"]" * 30_000,
        b'{"a":' * 12_000,
        START + b"[" * 30_000 + b"]" * 30_000 + END,
        START + b"[" * 60_000,
        b'[{"":' * 10_000,
    ],
    ids=["open lists", "lists", "open objects", "lists in an object", "open lists in an object", "both in turn"],
)
def test_a_body_of_60000_brackets_is_refused(api: ApiClient, body: bytes) -> None:
    """A body of any depth gets an answer; it does not exhaust the stack."""
    assert_error(api.post("social_sign_up/", body), "invalid_json")


def test_many_members_on_one_level_are_read(api: ApiClient) -> None:
    """The limit is on the depth, not on the number of members."""
    assert_error(api.post("social_sign_up/", START + b"[" + b"[],{}," * 9_000 + b"1]" + END), READ)


class Unreadable:
    """A body that fails the test when it is read."""

    def read(self, *args: int) -> bytes:
        raise AssertionError("the body was read")

    readline = read


class Endless:
    """A body without an end that counts the bytes read."""

    given = 0

    def read(self, size: int = 1 << 20) -> bytes:
        self.given += size
        assert self.given < 1 << 24, "read without end"
        return b" " * size

    readline = read
