"""The time of every parser of client input grows linearly with the input: docs/threats.md, row 35."""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import override_settings

from config.admin import middleware as admin
from parity import recordings
from rollout import clients
from shared.contract import authorization, wire
from shared.contract.declarations import registry
from shared.contract.differences import Answer, compare
from shared.contract.errors import ApiError
from shared.contract.paging import read_page
from shared.contract.sign_up import CODE, CODE_VERIFIER, REDIRECT_URI
from shared.http import middleware, redaction, requests, urls
from social import limits, service
from tests.growth import BOUND, growth

pytestmark = pytest.mark.threat(35)

Parser = Callable[[str], object]

OLD_AUTHORIZATION = re.compile(
    r"(?:(?:bearer|token) +(?P<token>[A-Za-z0-9._~+/-]{1,255}=*)"
    r"|apikey +(?P<username>[^\x00]{1,1024}):(?P<key>[A-Za-z0-9._~+/-]{1,255}=*))",
    re.IGNORECASE,
)
"""What parsed `Authorization` before."""


def refusing(parser: Callable[[Any], object]) -> Callable[[Any], object]:
    """Return the parser without the exception with which it refuses an input."""

    def parse(value: Any) -> None:
        with suppress(ApiError, recordings.UnreadableError):
            parser(value)

    return parse


def request_with(**meta: str) -> HttpRequest:
    request = HttpRequest()
    request.META.update({"SERVER_NAME": "testserver", "SERVER_PORT": "80", **meta})
    return request


def query(text: str) -> None:
    read_page(requests.read_query(request_with(QUERY_STRING=text)))


def forwarded(text: str) -> None:
    limits.client_address({"HTTP_X_FORWARDED_FOR": text, "REMOTE_ADDR": "192.0.2.1"})


def client(text: str) -> None:
    clients.client_of(request_with(HTTP_X_CLIENT=text, HTTP_USER_AGENT=text))
    clients._client.cache_clear()


def path(text: str) -> None:
    urls.api_at(text)
    registry.endpoint_at(text.removeprefix("/api/v2/"))
    redaction.redact_path(text)


def names_of(text: str) -> Callable[[int], str]:
    """Return the maker of an object with as many keys as fit."""
    return lambda size: "{" + ",".join(f'"{text}{number}":0' for number in range(size // (len(text) + 9))) + "}"


def filled(unit: str, before: str = "", after: str = "") -> Callable[[int], str]:
    """Return the maker of a text of about so many characters that repeats the unit."""
    return lambda size: before + unit * max(1, (size - len(before) - len(after)) // len(unit)) + after


def listed(unit: str) -> Callable[[int], str]:
    """Return the maker of a JSON object with a list of the unit."""
    return lambda size: '{"a":[' + ",".join([unit] * (size // (len(unit) + 1))) + "]}"


AUTHORIZATIONS = {
    "blanks": filled(" ", "apikey", "x"),
    "colons": filled(":", "apikey "),
    "names": filled("a:", "apikey "),
    "a token": filled("a", "Bearer "),
    "padding": filled("=", "Bearer a", "!"),
    "a token and padding": lambda size: "Token " + "a" * (size // 2) + "=" * (size // 2) + "!",
    "blanks and colons": filled(" :", "apikey "),
    "other schemes": filled("bearer "),
    "not UTF-8": filled("\xff", "apikey ", ":a"),
    "commas": filled("Bearer a,"),
}
CONTENT_TYPES = {
    "semicolons": filled(";", "application/json"),
    "semicolons in quotes": filled(";", 'application/json;"'),
    "quotes and semicolons": filled('";', "application/json;"),
    "parameters": filled(";a=b", "application/json"),
    "quoted parameters": filled(';a="b"', "application/json"),
    "backslashes": filled('\\"', 'application/json;a="'),
    "blanks": filled(" ", "application/json", ";!"),
    "blanks and semicolons": filled(" ;", "application/json", "!"),
    "a long name": filled("a", "application/json;"),
    "a long type": filled("a/"),
    "continuations": filled(";a*0=b", "application/json"),
}
QUERIES = {
    "names": filled("&a"),
    "one name": filled("limit=1&"),
    "escapes": filled("%41", "a="),
    "escapes that are not UTF-8": filled("%ff", "a="),
    "halves of escapes": filled("%", "a="),
    "plus signs": filled("+", "a="),
    "semicolons": filled(";", "a="),
    "equals signs": filled("="),
    "digits": filled("9", "limit="),
}
BODIES = {
    "objects": listed("{}"),
    "arrays": listed("[]"),
    "objects with a key": listed('{"a":0}'),
    "depth": listed("[" * 30 + "]" * 30),
    "depth of objects": listed('{"":' * 30 + "0" + "}" * 30),
    "integers": listed("0"),
    "long integers": listed("9" * 400),
    "a long integer": filled("9", '{"a":', "}"),
    "doubles": listed("1e1"),
    "long doubles": listed("2." + "2" * 760 + "e-308"),
    "a long double": filled("1", '{"a":1.', "}"),
    "an exponent": filled("1", '{"a":1e', "}"),
    "strings": listed('""'),
    "a string": filled("a", '{"a":"', '"}'),
    "a string beyond ASCII": filled("\u0301\u0323", '{"a":"', '"}'),
    "escapes": filled("\\u0041", '{"a":"', '"}'),
    "pairs of surrogates": listed('"\\ud83d\\ude00"'),
    "escaped quotes": filled('\\"', '{"a":"', '"}'),
    "backslashes": filled("\\", '{"a":"'),
    "an unclosed string": filled("a", '{"a":"'),
    "unclosed arrays": filled("[", '{"a":'),
    "unclosed objects": filled('{"a":'),
    "literals": listed("null"),
    "blanks": filled(" ", "", "{}"),
    "new lines": filled("\n", "{", "!"),
    "keys": names_of("a"),
    "long keys": names_of("a" * 100),
    "fields": names_of("provider"),
}
ADDRESSES = {
    "commas": filled(","),
    "addresses": filled("1.1.1.1, "),
    "colons": filled(":"),
    "digits": filled("1"),
    "brackets": filled("[", "", "]:80"),
    "dots": filled("1."),
    "blanks": filled(" "),
}
NAMES = {
    "comments": filled("(a", "Mozilla/5.0 "),
    "closed comments": filled("(a)", "Mozilla/5.0 "),
    "products": filled("a/1 ", "Mozilla/5.0 "),
    "crawlers": filled("compatible; ", "Mozilla/5.0 "),
    "a name": filled("a"),
    "parts": filled("a."),
    "hyphens": filled("a-", "", "!"),
    "capitals": filled("Aa", "", "!"),
    "blanks": filled(" ", "a", "!"),
    "escaped blanks": filled("%20", "a"),
    "digits": filled("1.", "a/"),
}
COOKIES = {
    "backslashes": filled("\\x", 'csrftoken="', '"'),
    "quotes": filled('\\"', 'csrftoken="', '"'),
    "octal escapes": filled("\\101", 'csrftoken="', '"'),
    "semicolons": filled(";"),
    "names": filled("csrftoken=a;"),
    "equals signs": filled("=", "csrftoken"),
    "blanks": filled(" ", "csrftoken=a", "b"),
}
PATHS = {
    "slashes": filled("/", "/api/v2/"),
    "digits": filled("9", "/api/v2/user/", "/"),
    "hexadecimal digits": filled("abcdef01-", "/api/v2/user/"),
    "parts": filled("user/", "/api/v2/"),
    "prefixes": filled("/api/v2"),
    "a name": filled("a", "/api/v2/"),
}
VALUES = {
    "letters": filled("a"),
    "an invalid end": filled("a", "", "\n"),
    "an invalid beginning": filled("a", "\n"),
    "hyphens": filled("-", "", "+"),
    "not ASCII": filled("\u0301", "a"),
}
IDS = {"letters": filled("a"), "not in the form": filled("a", "", "!"), "hyphens": filled("-")}


def archive_of(entry: dict[str, Any]) -> Callable[[int], str]:
    text = json.dumps(entry)
    return lambda size: '{"log":{"entries":[' + ",".join([text] * (size // len(text))) + "]}}"


SENT = {"method": "GET", "url": "http://a.example/api/v1/user/", "headers": []}
HEADER = {"name": "Accept", "value": "*/*"}
PARAMETER = {"name": "a", "value": "b"}


def posted(**data: Any) -> dict[str, Any]:
    return {"request": {**SENT, "method": "POST", "postData": data}}


ARCHIVES: dict[str, Callable[[int], str]] = {
    "entries": archive_of({"request": SENT, "response": {"status": 200, "content": {"text": "{}"}}}),
    "headers": lambda size: archive_of({"request": {**SENT, "headers": [HEADER] * (size // 40)}})(size),
    "a URL": lambda size: archive_of({"request": {**SENT, "url": "http://a.example/" + "a" * size}})(2 * size),
    "a body": lambda size: archive_of(posted(text="\u0301" * size))(9 * size),
    "base64": lambda size: archive_of(posted(text="YQ==" * size, encoding="base64"))(8 * size),
    "parameters": lambda size: archive_of(posted(mimeType="urlencoded", params=[PARAMETER] * size))(60 * size),
    "new lines": lambda size: "{" + "\n" * size + "!",
    "unclosed": lambda size: '{"log":{"entries":' + "[" * size,
}  # fmt: skip

PARSERS: dict[str, tuple[Parser, dict[str, Callable[[int], str]], tuple[int, ...]]] = {
    # 8 times the first size is just within the limit of the length, if there is one; the second is beyond it.
    "Authorization": (refusing(authorization.parse), AUTHORIZATIONS, (185, 3000)),
    "Content-Type": (refusing(lambda text: wire.check_media_type(text, "")), CONTENT_TYPES, (31, 3000)),
    "Content-Encoding": (refusing(lambda text: wire.check_media_type("", text)), {"blanks": filled(" ")}, (3000,)),
    "query": (refusing(query), QUERIES, (500,)),
    "body": (refusing(lambda text: service.read_credential(wire.decode(text.encode()))), BODIES, (8_000,)),
    "X-Forwarded-For": (forwarded, ADDRESSES, (1000, 10_000)),
    "X-Request-ID": (lambda text: middleware._request_id(request_with(HTTP_X_REQUEST_ID=text)), IDS, (3000,)),
    "client header and User-Agent": (client, NAMES, (120, 3000)),
    "Cookie of the admin": (admin._own_cookies, COOKIES, (1000, 10_000)),
    "path": (path, PATHS, (500,)),
    "code": (CODE.fault, VALUES, (512, 3000)),
    "code_verifier": (CODE_VERIFIER.fault, VALUES, (16, 3000)),
    "redirect_uri": (REDIRECT_URI.fault, VALUES, (256, 3000)),
    "compared answers": (
        lambda text: compare(*(Answer("/api/v1/", 200, (), (text + end).encode()) for end in ("", " "))),
        BODIES,
        (2000,),
    ),
}
CASES = {
    f"{name}: {shape}, {size}": (parser, make, size)
    for name, (parser, shapes, sizes) in PARSERS.items()
    for shape, make in shapes.items()
    for size in sizes
}


@override_settings(TRUSTED_PROXIES=2)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_time_of_a_parser_is_linear(case: tuple[Parser, Callable[[int], str], int]) -> None:
    """Eight times the input costs far less than the 64 times of quadratic time."""
    assert growth(*case) < BOUND


@pytest.mark.parametrize("make", ARCHIVES.values(), ids=ARCHIVES)
def test_the_time_for_an_archive_is_linear(make: Callable[[int], str], tmp_path: Path) -> None:
    """An HTTP archive is read in linear time."""

    def written(size: int) -> Path:
        archive = tmp_path / f"{size}.har"
        archive.write_text(make(size), encoding="utf-8")
        return archive

    assert growth(refusing(lambda path: recordings.read_archive(path, lambda url: True)), written, 1000) < BOUND


@pytest.mark.parametrize("make", ARCHIVES.values(), ids=ARCHIVES)
def test_the_time_for_json_lines_is_linear(make: Callable[[int], str], tmp_path: Path) -> None:
    """A log of JSON lines is read in linear time: many lines, and long ones."""

    def written(size: int) -> Path:
        log = tmp_path / f"{size}.jsonl"
        line = {"method": "POST", "path": "/" + "a" * size, "headers": [["A", "b"]] * size, "body": make(size)}
        log.write_text(f"{json.dumps(line)}\n" + '{"method": "GET", "path": "/"}\n' * size, encoding="utf-8")
        return log

    assert growth(refusing(lambda path: recordings.read_json_lines(path, lambda url: True)), written, 300) < BOUND


QUADRATIC: dict[str, tuple[Parser, Callable[[int], str], int]] = {
    "Authorization": (OLD_AUTHORIZATION.fullmatch, AUTHORIZATIONS["blanks"], 120),
    "a quadratic pattern": (re.compile(r" *\n").search, filled(" "), 1000),
}


@pytest.mark.parametrize("case", QUADRATIC.values(), ids=QUADRATIC)
def test_quadratic_time_is_recognised(case: tuple[Parser, Callable[[int], str], int]) -> None:
    """The bound is exceeded by the pattern that parsed `Authorization` before, and by another quadratic one."""
    assert growth(*case) >= BOUND
