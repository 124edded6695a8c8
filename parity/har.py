"""HTTP Archive 1.2, as browsers and proxies export it (http://www.softwareishard.com/blog/har-12-spec/)."""

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from parity.recorded_request import Headers, RecordedAnswer, RecordedRequest, UnreadableError, as_latin_1, check

Wanted = Callable[[str], bool]


def read(path: Path, wanted: Wanted = lambda url: True) -> list[RecordedRequest]:
    """Read the requests of an archive, in their order.

    :param wanted: says by its URL whether an entry is read; what others hold is dropped at once.
    :raises UnreadableError: for what is no such archive, naming the place.
    """
    try:
        # Some exporters begin with a byte order mark.
        entries = entries_of(path.read_bytes().decode("utf-8-sig"), str(path))
        return list(_read(entries, wanted))
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise UnreadableError(f"{path} is no HTTP archive: byte {error.start} is no UTF-8.") from None


def entries_of(text: str, name: str) -> list[Any]:
    """Read an archive as JSON and give its entries.

    :param name: what the archive is called in a complaint.
    :raises UnreadableError: for what is no such archive, naming the place.
    """
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


def url_of(entry: Any) -> str:
    """Give the URL of an entry; an empty one where there is none."""
    request = entry.get("request") if isinstance(entry, dict) else None
    url = request.get("url") if isinstance(request, dict) else None
    return url if isinstance(url, str) else ""


def _read(entries: list[Any], wanted: Wanted) -> Iterator[RecordedRequest]:
    for number in range(len(entries)):
        # Let go of each as it is read: what a browser records is mostly pictures.
        entry, entries[number] = entries[number], None
        if not (url := url_of(entry)) or wanted(url):
            yield request_of(entry, number + 1)


def request_of(entry: Any, number: int) -> RecordedRequest:
    """Read one entry.

    :raises UnreadableError: naming the entry.
    """
    place = f"entry {number}"
    request = entry.get("request") if isinstance(entry, dict) else None
    if not isinstance(request, dict):
        raise UnreadableError(f"{place}: it has no request.")
    headers = _headers(place, request)
    check(place, request.get("method"), request.get("url"), headers)
    body, incomplete = _body(place, request, headers)
    return RecordedRequest(
        place, request["method"], request["url"], headers, body, _answer(entry.get("response")), incomplete
    )


def _headers(place: str, request: Mapping[str, Any]) -> Headers:
    listed = request.get("headers", [])
    if not isinstance(listed, list):
        raise UnreadableError(f"{place}: its headers are no list.")
    found = []
    for one in listed:
        name, value = (one.get("name"), one.get("value")) if isinstance(one, dict) else (None, None)
        if not isinstance(name, str) or not isinstance(value, str):
            raise UnreadableError(f"{place}: a header has no name or no value.")
        # `:method` and its like are HTTP/2's way of writing the request line.
        if not name.startswith(":"):
            found.append((name, as_latin_1(value)))
    return tuple(found)


def _body(place: str, request: Mapping[str, Any], headers: Headers) -> tuple[bytes | None, str]:
    posted = request.get("postData")
    if posted is None:
        size = request.get("bodySize")
        left_out = isinstance(size, int) and size > 0
        return None, "its body was not recorded" if left_out else ""
    if not isinstance(posted, dict):
        raise UnreadableError(f"{place}: its postData is no object.")
    text, params = posted.get("text"), posted.get("params")
    if isinstance(text, str) and text:
        return _bytes(place, text, posted.get("encoding")), ""
    if not isinstance(params, list) or not params:
        return b"", ""
    if "urlencoded" not in str(posted.get("mimeType", "")):
        return None, "its body was recorded in parts only"
    pairs = [(str(one.get("name", "")), str(one.get("value", ""))) for one in params if isinstance(one, dict)]
    return urlencode(pairs).encode(), ""


def _bytes(place: str, text: str, encoding: object) -> bytes:
    if encoding != "base64":
        return text.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise UnreadableError(f"{place}: a body is no base64.") from None


def _answer(response: Any) -> RecordedAnswer | None:
    """Give what was answered; a request that was cancelled has status 0."""
    status = response.get("status") if isinstance(response, dict) else None
    if not isinstance(status, int) or not 100 <= status <= 599:
        return None
    content = response.get("content")
    text = content.get("text") if isinstance(content, dict) else None
    if not isinstance(text, str):
        return RecordedAnswer(status)
    try:
        return RecordedAnswer(status, _bytes("", text, content.get("encoding")))
    except UnreadableError:
        return RecordedAnswer(status)
