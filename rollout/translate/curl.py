"""curl's command line, as browsers copy it and as people write it (https://curl.se/docs/manpage.html)."""

import getopt
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote_plus

from rollout.recorded.request import Headers, RecordedRequest, UnreadableError, check
from rollout.translate.words import commands

FORM = "application/x-www-form-urlencoded"
_SHORT = {
    "X": "request",
    "H": "header",
    "d": "data",
    "A": "user-agent",
    "e": "referer",
    "b": "cookie",
    "u": "user",
    "G": "get",
    "I": "head",
    "F": "form",
    "T": "upload-file",
    "k": "insecure",
    "L": "location",
    "s": "silent",
    "S": "show-error",
    "v": "verbose",
    "i": "include",
    "f": "fail",
    "g": "globoff",
    "N": "no-buffer",
    "4": "ipv4",
    "6": "ipv6",
    "#": "progress-bar",
    "m": "max-time",
    "x": "proxy",
    "o": "output",
    "O": "remote-name",
    "w": "write-out",
    "j": "junk-session-cookies",
    "c": "cookie-jar",
}
_OF_THE_REQUEST = frozenset(
    {"request", "header", "data", "data-ascii", "data-raw", "data-binary", "data-urlencode", "json", "url"}
    | {"user-agent", "referer", "cookie", "oauth2-bearer"}
)
_REFUSED = {
    "user": "it sends Basic credentials, which no version takes; give -H 'Authorization: Bearer <token>'",
    "form": "it sends multipart/form-data, which no version reads; a body is JSON",
    "upload-file": "it sends a file; give the body itself, with --data-raw",
}
KEPT_WITH_VALUE = frozenset(
    {"max-time", "connect-timeout", "proxy", "output", "write-out", "cacert", "resolve", "retry", "noproxy"}
)
KEPT = frozenset(
    {"insecure", "location", "silent", "show-error", "verbose", "include", "fail", "no-buffer", "ipv4", "ipv6"}
    | {
        "progress-bar",
        "http1.1",
        "http2",
        "http2-prior-knowledge",
        "tlsv1.2",
        "tlsv1.3",
        "remote-name",
    }
)
"""Of how it is sent, not of what: they stand in the translation as they stood."""
_WITHOUT_VALUE = KEPT | {"get", "head", "globoff", "compressed", "path-as-is", "junk-session-cookies"}
_WITH_VALUE = _OF_THE_REQUEST | KEPT_WITH_VALUE | _REFUSED.keys() | {"cookie-jar"}


@dataclass(frozen=True, slots=True)
class Command:
    """A request as curl would send it, and the options of how."""

    request: RecordedRequest
    kept: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class _Said:
    method: str | None = None
    urls: list[str] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    removed: set[str] = field(default_factory=set)
    data: list[bytes] = field(default_factory=list)
    json: bool = False
    get: bool = False
    head: bool = False
    kept: list[tuple[str, str]] = field(default_factory=list)


def read(text: str) -> list[Command]:
    """Read one curl command, or several after one another.

    :raises UnreadableError: naming the option, or the part, that cannot be carried over.
    """
    found = [
        command
        for number, words in enumerate(commands(text), start=1)
        for command in _command(words, f"command {number}")
    ]
    if not found:
        raise UnreadableError("There is no command.")
    return found


def _command(words: list[str], place: str) -> Iterator[Command]:
    if words[0] not in {"curl", "curl.exe"}:
        raise UnreadableError(f"{place}: it does not begin with curl (a URL with & in it stands in quotes).")
    said = _Said()
    for option, value in _options(words[1:], place, said.urls):
        _take(said, option, value, place)
    if not said.urls:
        raise UnreadableError(f"{place}: it has no URL.")
    for url in said.urls:
        yield Command(_request(said, url, place), tuple(said.kept))


def _options(words: list[str], place: str, urls: list[str]) -> Iterator[tuple[str, str]]:
    short = "".join(letter + (":" if name in _WITH_VALUE else "") for letter, name in _SHORT.items())
    long = [*(f"{name}=" for name in sorted(_WITH_VALUE)), *sorted(_WITHOUT_VALUE)]
    # Words of no option are URLs, wherever they stand; getopt ends at the first.
    while words:
        try:
            options, words = getopt.getopt(words, short, long)
        except getopt.GetoptError as error:
            dashes = "-" if len(error.opt) == 1 else "--"
            why = "needs a value" if "requires" in error.msg else "is no option that can be carried over"
            raise UnreadableError(f"{place}: {dashes}{error.opt} {why}.") from None
        for option, value in options:
            yield _SHORT[option[1:]] if len(option) == 2 else option[2:], value
        urls.extend(words[:1])
        words = words[1:]


def _take(said: _Said, option: str, value: str, place: str) -> None:  # noqa: C901 - one line an option
    match option:
        case "request":
            said.method = value
        case "url":
            said.urls.append(value)
        case "header":
            _take_header(said, value, place)
        case "data" | "data-ascii" | "data-binary" | "json" | "data-raw":
            if value.startswith("@") and option != "data-raw":
                raise UnreadableError(f"{place}: the body is in a file ({option} @…); give it itself, with --data-raw.")
            # curl joins the parts of JSON as they are, others like fields of a form.
            said.data += [b"&"] if said.data and option != "json" else []
            said.data.append(_bytes(value))
            said.json |= option == "json"
        case "data-urlencode":
            said.data += [b"&"] if said.data else []
            said.data.append(_urlencoded(value, place))
        case "user-agent":
            said.headers.append(("User-Agent", _header_value(value)))
        case "referer":
            said.headers.append(("Referer", _header_value(value)))
        case "cookie":
            said.headers.append(("Cookie", _header_value(value)))
        case "oauth2-bearer":
            said.headers.append(("Authorization", _header_value(f"Bearer {value}")))
        case "get":
            said.get = True
        case "head":
            said.head = True
        case _ if option in _REFUSED:
            raise UnreadableError(f"{place}: --{option}: {_REFUSED[option]}.")
        case _ if option in KEPT | KEPT_WITH_VALUE:
            said.kept.append((option, value))


def _take_header(said: _Said, text: str, place: str) -> None:
    if text.startswith("@"):
        raise UnreadableError(f"{place}: headers are in a file (-H @…); give them themselves.")
    name, colon, value = text.partition(":")
    if colon and value.strip():
        said.headers.append((name.strip(), _header_value(value.strip())))
    elif colon:
        said.removed.add(name.strip().lower())
    elif text.rstrip().endswith(";"):
        said.headers.append((text.rstrip()[:-1].strip(), ""))


def _request(said: _Said, url: str, place: str) -> RecordedRequest:
    url = url if "://" in url else f"http://{url}"
    data = b"".join(said.data) if said.data else None
    if said.get and data is not None:
        url += ("&" if "?" in url else "?") + data.decode("utf-8", "surrogateescape")
        data = None
    method = said.method or ("HEAD" if said.head else "GET" if data is None else "POST")
    headers = [*said.headers]
    names = {name.lower() for name, _ in headers} | said.removed
    if data is not None and "content-type" not in names:
        headers.append(("Content-Type", "application/json" if said.json else FORM))
    if said.json and "accept" not in names:
        headers.append(("Accept", "application/json"))
    given: Headers = tuple(headers)
    check(place, method, url, given)
    return RecordedRequest(place, method, url, given, data)


def _bytes(value: str) -> bytes:
    return value.encode("utf-8", "surrogateescape")


def _header_value(value: str) -> str:
    return _bytes(value).decode("latin-1")


def _urlencoded(value: str, place: str) -> bytes:
    name, equals, content = value.partition("=")
    if "@" in (name if equals else value):
        raise UnreadableError(f"{place}: --data-urlencode reads a file; give the value itself.")
    if not equals:
        return quote_plus(_bytes(value), safe="").encode()
    return (f"{name}=" if name else "").encode() + quote_plus(_bytes(content)).encode()
