"""docs/contract.md, section 1: how large and how deep a body may be."""

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
    """A body of so many bytes, all but the first of them blank."""
    return b'{"provider":"nobody"}'.ljust(size)


def stuffed(size: int) -> bytes:
    """A body of so many bytes, most of them one string."""
    return START + b'"' + b"x" * (size - len(START) - len(END) - 2) + b'"' + END


def lists(depth: int) -> bytes:
    """A body so deep, the outermost object being level 1."""
    return START + b"[" * (depth - 1) + b"]" * (depth - 1) + END


def objects(depth: int) -> bytes:
    return START + b'{"a":' * (depth - 2) + b"{}" + b"}" * (depth - 2) + END


@pytest.mark.parametrize("send", SENDERS.values(), ids=SENDERS)
@pytest.mark.parametrize("make", [spaced, stuffed])
def test_64_kib_are_read(api: ApiClient, send: Callable[..., Response], make: Callable[[int], bytes]) -> None:
    """The last byte that fits is read."""
    assert len(make(LIMIT)) == LIMIT
    assert_error(send(api, "social_sign_up/", make(LIMIT)), READ)


@pytest.mark.parametrize("send", SENDERS.values(), ids=SENDERS)
@pytest.mark.parametrize("size", [LIMIT + 1, LIMIT * 2, 3 * 1024 * 1024])
@pytest.mark.parametrize("make", [spaced, stuffed])
def test_a_byte_more_is_refused(
    api: ApiClient, send: Callable[..., Response], make: Callable[[int], bytes], size: int
) -> None:
    """One byte more is 413, whether its length is stated or found while reading, and however much it is."""
    assert_error(send(api, "social_sign_up/", make(size)), "payload_too_large")


def test_a_stated_length_is_enough(api: ApiClient) -> None:
    """A body that is announced as too large is not read at all."""
    response = api.post_plain("social_sign_up/", b"", CONTENT_LENGTH="65537", **{"wsgi.input": Unreadable()})
    assert_error(response, "payload_too_large")


def test_a_chunked_body_is_not_read_to_its_end(api: ApiClient) -> None:
    """Of a body without end no more is read than shows that it is too large."""
    endless = Endless()
    assert_error(api.post_chunked("social_sign_up/", b"", **{"wsgi.input": endless}), "payload_too_large")
    assert endless.given <= 2 * LIMIT


@pytest.mark.parametrize("make", [lists, objects])
def test_32_levels_are_read(api: ApiClient, make: Callable[[int], bytes]) -> None:
    """The object is level 1, the deepest list or object level 32."""
    assert_error(api.post("social_sign_up/", make(32)), READ)


@pytest.mark.parametrize("make", [lists, objects])
@pytest.mark.parametrize("depth", [33, 34, 100, 999, 1001, 5000])
def test_33_levels_are_refused(api: ApiClient, make: Callable[[int], bytes], depth: int) -> None:
    """One level more is `invalid_json`, in a field that nobody reads as well."""
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
def test_60000_brackets_are_refused(api: ApiClient, body: bytes) -> None:
    """No depth exhausts the stack."""
    assert_error(api.post("social_sign_up/", body), "invalid_json")


def test_a_wide_body_is_read(api: ApiClient) -> None:
    """Depth is what counts, not the number of members."""
    assert_error(api.post("social_sign_up/", START + b"[" + b"[],{}," * 9_000 + b"1]" + END), READ)


class Unreadable:
    """A body that must not be touched."""

    def read(self, *args: int) -> bytes:
        raise AssertionError("the body was read")

    readline = read


class Endless:
    """A body that never ends, and counts what is read of it."""

    given = 0

    def read(self, size: int = 1 << 20) -> bytes:
        self.given += size
        assert self.given < 1 << 24, "read without end"
        return b" " * size

    readline = read
