"""The same request to v2, and what whoever sends it should know."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import unquote_plus, urlsplit

from rollout.lifecycle import NEW, OLD
from rollout.recorded.request import RecordedRequest, UnreadableError
from rollout.translate.notes import notes_on

_OLD = re.compile(rf"((?:[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*)?(?:/[^/?#]+)*?/){re.escape(OLD.rstrip('/'))}(?=[/?]|\Z)")
_DROPPED = frozenset(
    {"cookie", "content-length", "connection", "keep-alive", "transfer-encoding", "accept-encoding", "te"}
)
"""Cookies, which no version looks at, and what every client writes by itself."""


@dataclass(frozen=True, slots=True)
class Translated:
    """A request to v2, and notes on it: sentences."""

    request: RecordedRequest
    notes: tuple[str, ...]


def successor(request: RecordedRequest) -> Translated:
    """Translate one request; its credential and its body stay as they are.

    :raises UnreadableError: it is no request to v1, or its body was not recorded.
    """
    if request.incomplete:
        raise UnreadableError(f"{request.place}: {request.incomplete}.")
    url = _newer(request)
    if url is None:
        raise UnreadableError(f"{request.place}: its path is not below /{OLD}: {_path(request)}")
    host = urlsplit(url).netloc
    kept = tuple(
        (name, value)
        for name, value in request.headers
        if name.lower() not in _DROPPED and (name.lower(), value) != ("host", host)
    )
    translated = replace(request, url=url, headers=kept)
    notes = list(notes_on(request, below_new(url)))
    moved = _out_of_the_url(translated)
    return Translated(moved, tuple(notes))


def below_new(url: str) -> str:
    """Give the path and query below v2's prefix."""
    return url.partition(f"/{NEW.rstrip('/')}")[2].lstrip("/")


def is_old(url: str) -> bool:
    """Say whether a URL belongs to v1, wherever the service is mounted."""
    return bool(_OLD.match(url.partition("#")[0]))


def _newer(request: RecordedRequest) -> str | None:
    url = request.url.partition("#")[0]
    match = _OLD.match(url)
    return None if match is None else match[1] + NEW.rstrip("/") + url[match.end() :]


def _path(request: RecordedRequest) -> str:
    """Give as much of the path as shows which it is, and no more: further on there may be anything."""
    return "/".join(request.target.partition("?")[0].split("/")[:3])


def _out_of_the_url(request: RecordedRequest) -> RecordedRequest:
    """Move a key from the URL, where it is refused, to where it is taken."""
    path, mark, query = request.url.partition("?")
    parameters = list(_parameters(query))
    given = {name: value for name, value in parameters if name in {"api_key", "username"}}
    if not given.get("api_key") or request.header("Authorization") is not None:
        return request
    rest = "&".join(part for part in query.split("&") if next(_parameters(part))[0] not in given)
    key, name = given["api_key"], given.get("username")
    credential = f"ApiKey {name}:{key}" if name else f"Bearer {key}"
    header = ("Authorization", credential.encode().decode("latin-1"))
    return replace(request, url=path + (mark + rest if rest else ""), headers=(*request.headers, header))


def _parameters(query: str) -> Iterator[tuple[str, str]]:
    for part in query.split("&"):
        name, _, value = part.partition("=")
        yield unquote_plus(name), unquote_plus(value)
