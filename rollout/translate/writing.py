"""A request as a curl command for a POSIX shell, and as an HTTP archive."""

import base64
import json
import shlex
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from rollout.recorded.request import RecordedRequest, UnreadableError
from rollout.translate.curl import KEPT


def curl(request: RecordedRequest, kept: Iterable[tuple[str, str]] = ()) -> str:
    """Write a command that sends this very request: curl adds a Content-Type of its own unless told not to.

    :raises UnreadableError: a header holds bytes that no command line can hold.
    """
    body = request.body
    parts = [["curl", *(["--globoff"] if set(request.url) & set("[]{}") else []), request.url]]
    if request.method == "HEAD" and body is None:
        parts.append(["--head"])
    elif request.method != ("GET" if body is None else "POST"):
        parts.append(["--request", request.method])
    if "/." in urlsplit(request.url).path:
        parts.append(["--path-as-is"])
    parts += [[f"--{name}"] if name in KEPT else [f"--{name}", value] for name, value in kept]
    parts += [["--header", _header(request, name, value)] for name, value in request.headers]
    if body is not None and request.header("Content-Type") is None:
        parts.append(["--header", "Content-Type:"])
    before = ""
    if body is not None and _is_text(body):
        parts.append(["--data-raw", body.decode()])
    elif body is not None:
        before = "printf '" + "".join(f"\\{byte:03o}" for byte in body) + "' | "
        parts.append(["--data-binary", "@-"])
    return before + " \\\n  ".join(shlex.join(part) for part in parts)


def har(requests: Sequence[RecordedRequest], version: str) -> dict[str, Any]:
    """Give an archive of the requests; nothing of it has been answered.

    :param version: ours, for the archive's creator.
    """
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "Tandem translate_request", "version": version},
            "entries": [_entry(request) for request in requests],
        }
    }


def _header(request: RecordedRequest, name: str, value: str) -> str:
    try:
        text = value.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableError(f"{request.place}: the header {name} holds bytes that are no UTF-8.") from None
    return f"{name}: {text}" if text else f"{name};"


def _is_text(body: bytes) -> bool:
    try:
        return "\x00" not in body.decode("utf-8")
    except UnicodeDecodeError:
        return False


def _entry(request: RecordedRequest) -> dict[str, Any]:
    headers = [{"name": name, "value": _shown(value)} for name, value in request.headers]
    written: dict[str, Any] = {
        "method": request.method,
        "url": request.url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers,
        "queryString": [
            {"name": name, "value": value}
            for name, value in parse_qsl(urlsplit(request.url).query, keep_blank_values=True)
        ],
        "headersSize": -1,
        "bodySize": len(request.body or b""),
    }
    if request.body is not None:
        written["postData"] = {"mimeType": request.header("Content-Type") or "", **_posted(request.body)}
    response = {
        "status": 0,
        "statusText": "",
        "httpVersion": "",
        "cookies": [],
        "headers": [],
        "content": {"size": 0, "mimeType": ""},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": -1,
    }
    timings = {"send": 0, "wait": 0, "receive": 0}
    began = "1970-01-01T00:00:00.000Z"
    return {
        "startedDateTime": began,
        "time": 0,
        "request": written,
        "response": response,
        "cache": {},
        "timings": timings,
    }


def _posted(body: bytes) -> dict[str, str]:
    try:
        return {"text": body.decode("utf-8")}
    except UnicodeDecodeError:
        # Not in the format; the proxies that need it write it so.
        return {"text": base64.b64encode(body).decode(), "encoding": "base64"}


def _shown(value: str) -> str:
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return value


def as_text(archive: dict[str, Any]) -> str:
    """Write an archive."""
    return json.dumps(archive, ensure_ascii=False, indent=2)
