"""Recorded traffic: requests, and their answers, from HTTP archives and from logs of JSON lines.

A file is read whole before any of its requests is used.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from parity.requests import Headers

Wanted = Callable[[str], bool]
"""Returns True for the URL of a request that is to be kept."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
"""A token of RFC 9110 section 5.6.2: a method, or the name of a header."""
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_NOT_IN_A_TARGET = re.compile(r"[\x00-\x20\x7f]")


class UnreadableError(Exception):
    """A recording cannot be read; the message says where and why, and repeats no value."""


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """The answer to a recorded request; `body` is None if it was not recorded."""

    status: int
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request as it was sent; the characters of header values are the bytes that were sent (latin-1).

    Attributes:
        place: Where it is in its file: `entry 12`, `line 3`.
        incomplete: Why it cannot be sent as it was: the recorder left its body out.
    """

    place: str
    method: str
    url: str
    headers: Headers
    body: bytes | None
    answer: RecordedAnswer | None = None
    incomplete: str = ""

    def header(self, name: str) -> str | None:
        """Return the value of a header, or None if it is absent."""
        return next((value for one, value in self.headers if one.lower() == name.lower()), None)


def below(prefix: str, url: str) -> str | None:
    """Return path and query of a URL, or of a path, below a version's prefix; None if it is not below it."""
    target = url.partition("#")[0]
    if not target.startswith("/"):
        try:
            parts = urlsplit(target)
        except ValueError:
            return None
        target = (parts.path or "/") + ("?" + target.partition("?")[2] if "?" in target else "")
    match = re.match(rf"/{re.escape(prefix.rstrip('/'))}(?:/|(?=\?)|\Z)", target)
    return None if match is None else target[match.end() :]


def read_archive(path: Path, wanted: Wanted) -> list[RecordedRequest]:
    """Read the requests of an HTTP archive, in their order.

    HAR 1.2, as browsers and proxies export it: http://www.softwareishard.com/blog/har-12-spec/

    :raises UnreadableError: it is no such archive; names the place.
    """
    try:
        # Some exporters begin with a byte order mark.
        entries = _entries(path.read_bytes().decode("utf-8-sig"), str(path))
        return list(_archived(entries, wanted))
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise UnreadableError(f"{path} is no HTTP archive: byte {error.start} is no UTF-8.") from None


def read_json_lines(path: Path, wanted: Wanted) -> list[RecordedRequest]:
    r"""Read the requests of a log of JSON lines, in their order; empty lines are skipped.

    Each line is one request, as a proxy or a middleware can write it:

    {"method": "POST", "path": "/api/v1/social_sign_up/", "headers": {"Content-Type": "application/json"},
     "body": "{\"provider\": …}", "status": 201, "answer": "{\"id\": 7, …}"}

    `method` and `path` (with the query) are required. `headers` is an object, or a list of [name, value] where one
    repeats; `body` and `answer` are text, or `body_base64` and `answer_base64`. Other keys are ignored.

    :raises UnreadableError: a line is no request; names the line.
    """
    found = []
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    request = _logged(line, f"line {number}")
                    if wanted(request.url):
                        found.append(request)
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read: {error.strerror}.") from None
    except UnreadableError as error:
        raise UnreadableError(f"{path}, {error}") from None
    return found


def _entries(text: str, name: str) -> list[Any]:
    try:
        archive = json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise UnreadableError(f"{name} is no HTTP archive: {error.msg}, {place}.") from None
    except RecursionError:
        raise UnreadableError(f"{name} is no HTTP archive: its JSON is nested too deeply.") from None
    except ValueError:
        raise UnreadableError(f"{name} is no HTTP archive: a number in its JSON is too long.") from None
    log = archive.get("log") if isinstance(archive, dict) else None
    entries = log.get("entries") if isinstance(log, dict) else None
    if not isinstance(entries, list):
        raise UnreadableError(f"{name} is no HTTP archive: it has no log.entries.")
    return entries


def _archived(entries: list[Any], wanted: Wanted) -> Iterator[RecordedRequest]:
    for index in range(len(entries)):
        # Free each entry as soon as it is read: most of a browser's recording is images.
        entry, entries[index] = entries[index], None
        request = entry.get("request") if isinstance(entry, dict) else None
        url = request.get("url") if isinstance(request, dict) else None
        if not isinstance(url, str) or not url or wanted(url):
            yield _archived_request(entry, f"entry {index + 1}")


def _archived_request(entry: Any, place: str) -> RecordedRequest:
    request = entry.get("request") if isinstance(entry, dict) else None
    if not isinstance(request, dict):
        raise UnreadableError(f"{place}: it has no request.")
    headers = _archived_headers(place, request)
    _check(place, request.get("method"), request.get("url"), headers)
    body, incomplete = _archived_body(place, request)
    return RecordedRequest(
        place, request["method"], request["url"], headers, body, _archived_answer(entry.get("response")), incomplete
    )


def _archived_headers(place: str, request: Mapping[str, Any]) -> Headers:
    listed = request.get("headers", [])
    if not isinstance(listed, list):
        raise UnreadableError(f"{place}: its headers are no list.")
    found = []
    for one in listed:
        name, value = (one.get("name"), one.get("value")) if isinstance(one, dict) else (None, None)
        if not isinstance(name, str) or not isinstance(value, str):
            raise UnreadableError(f"{place}: a header has no name or no value.")
        # `:method` and the like are the request line of HTTP/2.
        if not name.startswith(":"):
            found.append((name, _as_latin_1(value)))
    return tuple(found)


def _archived_body(place: str, request: Mapping[str, Any]) -> tuple[bytes | None, str]:
    posted = request.get("postData")
    if posted is None:
        size = request.get("bodySize")
        left_out = isinstance(size, int) and size > 0
        return None, "its body was not recorded" if left_out else ""
    if not isinstance(posted, dict):
        raise UnreadableError(f"{place}: its postData is no object.")
    text, params = posted.get("text"), posted.get("params")
    if isinstance(text, str) and text:
        return _archived_bytes(place, text, posted.get("encoding")), ""
    if not isinstance(params, list) or not params:
        return b"", ""
    if "urlencoded" not in str(posted.get("mimeType", "")):
        return None, "its body was recorded in parts only"
    pairs = [(str(one.get("name", "")), str(one.get("value", ""))) for one in params if isinstance(one, dict)]
    return urlencode(pairs).encode(), ""


def _archived_bytes(place: str, text: str, encoding: object) -> bytes:
    if encoding != "base64":
        return text.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise UnreadableError(f"{place}: a body is no base64.") from None


def _archived_answer(response: Any) -> RecordedAnswer | None:
    """Return the recorded answer, or None for a request that was cancelled, which has status 0."""
    status = response.get("status") if isinstance(response, dict) else None
    if not isinstance(status, int) or not 100 <= status <= 599:
        return None
    content = response.get("content")
    text = content.get("text") if isinstance(content, dict) else None
    if not isinstance(text, str):
        return RecordedAnswer(status)
    try:
        return RecordedAnswer(status, _archived_bytes("", text, content.get("encoding")))
    except UnreadableError:
        return RecordedAnswer(status)


def _logged(line: bytes, place: str) -> RecordedRequest:
    try:
        logged = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise UnreadableError(f"{place}: it is no UTF-8.") from None
    except json.JSONDecodeError as error:
        raise UnreadableError(f"{place}: {error.msg}, column {error.colno}.") from None
    except RecursionError:
        raise UnreadableError(f"{place}: its JSON is nested too deeply.") from None
    except ValueError:
        raise UnreadableError(f"{place}: a number in its JSON is too long.") from None
    if not isinstance(logged, dict):
        raise UnreadableError(f"{place}: it is no JSON object.")
    for name in ("method", "path"):
        if not isinstance(logged.get(name), str):
            raise UnreadableError(f"{place}: {name} is missing, or no string.")
    headers = _logged_headers(place, logged.get("headers", {}))
    _check(place, logged["method"], logged["path"], headers)
    if not logged["path"].startswith("/"):
        raise UnreadableError(f"{place}: path does not begin with a slash.")
    body = _logged_bytes(place, logged, "body")
    return RecordedRequest(place, logged["method"], logged["path"], headers, body, _logged_answer(place, logged))


def _logged_headers(place: str, headers: Any) -> Headers:
    pairs = list(headers.items()) if isinstance(headers, dict) else headers
    if not isinstance(pairs, list):
        raise UnreadableError(f"{place}: headers is neither an object nor a list.")
    for pair in pairs:
        if not isinstance(pair, list | tuple) or len(pair) != 2 or not all(isinstance(one, str) for one in pair):
            raise UnreadableError(f"{place}: a header is not a name and a value.")
    return tuple((name, _as_latin_1(value)) for name, value in pairs)


def _logged_bytes(place: str, logged: dict[str, Any], name: str) -> bytes | None:
    text, encoded = logged.get(name), logged.get(f"{name}_base64")
    if text is not None and encoded is not None:
        raise UnreadableError(f"{place}: {name} and {name}_base64 are both given.")
    if isinstance(text, str):
        return text.encode("utf-8", "surrogatepass")
    if text is not None or not isinstance(encoded, str | None):
        raise UnreadableError(f"{place}: {name} is text, and {name}_base64 too.")
    if encoded is None:
        return None
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise UnreadableError(f"{place}: {name}_base64 is no base64.") from None


def _logged_answer(place: str, logged: dict[str, Any]) -> RecordedAnswer | None:
    status = logged.get("status")
    if status is None:
        return None
    if type(status) is not int or not 100 <= status <= 599:
        raise UnreadableError(f"{place}: status is no HTTP status.")
    return RecordedAnswer(status, _logged_bytes(place, logged, "answer"))


def _check(place: str, method: object, url: object, headers: Headers) -> None:
    """Refuse values that no HTTP request can hold, because they would be sent as something else."""
    if not isinstance(method, str) or not _TOKEN.fullmatch(method):
        raise UnreadableError(f"{place}: the method is no HTTP method.")
    if not isinstance(url, str) or not url or _NOT_IN_A_TARGET.search(url) or not url.isascii():
        raise UnreadableError(f"{place}: the URL is empty, or has characters that a request line cannot hold.")
    try:
        urlsplit(url)
    except ValueError:
        raise UnreadableError(f"{place}: the URL cannot be parsed.") from None
    for name, value in headers:
        if not _TOKEN.fullmatch(name):
            raise UnreadableError(f"{place}: a header has an invalid name.")
        if _CONTROL.search(value):
            raise UnreadableError(f"{place}: the header {name} holds a control character.")


def _as_latin_1(value: str) -> str:
    """Return a header's value as the bytes that clients send for it: UTF-8 if latin-1 cannot encode it."""
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass").decode("latin-1")
    return value
