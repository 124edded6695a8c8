"""A recorded request, whatever it was recorded with, and the answer that it got where that was recorded too."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

Headers = tuple[tuple[str, str], ...]

METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
_NAME = METHOD
_ODD = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_NOT_IN_A_TARGET = re.compile(r"[\x00-\x20\x7f]")


class UnreadableError(Exception):
    """A recording, or a command, cannot be read; the message says where and why, and repeats no value."""


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """What was answered at that time; `body` is None where it was not recorded."""

    status: int
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request as it was sent; header values are text whose characters are the bytes of the wire (latin-1).

    `place` says where it stands in its file: `entry 12`, `line 3`.
    """

    place: str
    method: str
    url: str
    headers: Headers
    body: bytes | None
    answer: RecordedAnswer | None = None
    incomplete: str = ""
    """Why it cannot be sent as it was: a body that the recorder has left out."""

    @property
    def target(self) -> str:
        """Path and query, as they stand in the request line."""
        return target_of(self.url)

    def header(self, name: str) -> str | None:
        """Give the value of a header; None where there is none."""
        return next((value for one, value in self.headers if one.lower() == name.lower()), None)

    def below(self, prefix: str) -> str | None:
        """Give the target below a version's prefix (`api/v1/`); None for what is not of that version."""
        return below(prefix, self.target)


def target_of(url: str) -> str:
    """Give the path and query of a URL, or of what is a path already; no fragment."""
    rest = url.partition("#")[0]
    if not rest.startswith("/"):
        parts = urlsplit(rest)
        rest = (parts.path or "/") + ("?" + rest.partition("?")[2] if "?" in rest else "")
    return rest


def below(prefix: str, target: str) -> str | None:
    """Give the rest of a target below a version's prefix (`api/v1/`); None for what is not of that version."""
    match = re.match(rf"/{re.escape(prefix.rstrip('/'))}(?:/|(?=\?)|\Z)", target)
    return None if match is None else target[match.end() :]


def check(place: str, method: object, url: object, headers: Headers) -> None:
    """Refuse what no HTTP request can hold: it would be sent as something else.

    :raises UnreadableError: naming the place and the part.
    """
    if not isinstance(method, str) or not METHOD.fullmatch(method):
        raise UnreadableError(f"{place}: the method is no token of HTTP.")
    if not isinstance(url, str) or not url or _NOT_IN_A_TARGET.search(url) or not url.isascii():
        raise UnreadableError(f"{place}: the URL is empty, or has characters that no request line holds.")
    try:
        urlsplit(url)
    except ValueError:
        raise UnreadableError(f"{place}: the URL cannot be read.") from None
    for name, value in headers:
        if not _NAME.fullmatch(name):
            raise UnreadableError(f"{place}: a header has no name that HTTP knows.")
        if _ODD.search(value):
            raise UnreadableError(f"{place}: the header {name} holds a control character.")


def as_latin_1(value: str) -> str:
    """Give a header's value as the bytes that clients send for it: UTF-8 where it is beyond latin-1."""
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass").decode("latin-1")
    return value
