"""The time of a whole request grows linearly with each of its headers, its path, its query and its body."""

import io
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.servers.basehttp import get_internal_wsgi_application
from django.test import override_settings

from tests.growth import BOUND, growth

pytestmark = [pytest.mark.threat(35), pytest.mark.django_db]

PATHS = ["/", "/admin/", "/static/admin/css/base.css", "/api/v1/social_sign_up/", "/api/v2/social_sign_up/"]
"""One path of each part that reads headers beyond the middleware that all paths share."""
HEADERS = [
    "CONTENT_TYPE",
    "CONTENT_LENGTH",
    "HTTP_ACCEPT",
    "HTTP_ACCEPT_ENCODING",
    "HTTP_ACCEPT_LANGUAGE",
    "HTTP_ACCESS_CONTROL_REQUEST_HEADERS",
    "HTTP_ACCESS_CONTROL_REQUEST_METHOD",
    "HTTP_AUTHORIZATION",
    "HTTP_CONTENT_ENCODING",
    "HTTP_COOKIE",
    "HTTP_HOST",
    "HTTP_IF_MATCH",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_IF_NONE_MATCH",
    "HTTP_ORIGIN",
    "HTTP_RANGE",
    "HTTP_REFERER",
    "HTTP_USER_AGENT",
    "HTTP_X_CLIENT",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_REQUEST_ID",
    "QUERY_STRING",
]
SHAPES = {
    "blanks": ("apikey", " ", "x"),
    "semicolons": ("application/json", ";", ""),
    "semicolons in quotes": ('application/json;"', ";", ""),
    "backslashes in quotes": ('csrftoken="', "\\x", '"'),
    "commas": ("", "a,", ""),
    "parameters": ("", "a=b;", ""),
    "colons": ("http://", "1:", ""),
    "brackets": ("Mozilla/5.0 ", "([", ""),
    "entity tags": ("", '"a",', ""),
    "quality values": ("", "a/b;q=0.1,", ""),
    "languages": ("", "a-", ""),
    "ranges": ("bytes=", "0-1,", ""),
    "digits": ("", "9", ""),
    "names": ("", "&a", ""),
    "escapes": ("a=", "%ff", ""),
    "bytes": ("", "\xff", ""),
}
PART = '--B\r\nContent-Disposition: form-data; name="a"'
FORM = f"csrfmiddlewaretoken={'A' * 32}&password=x&"
BODIES = {
    "fields": ("application/x-www-form-urlencoded", FORM, "a&", ""),
    "a password": ("application/x-www-form-urlencoded", f"{FORM}username=a&password=", "x", ""),
    "escapes": ("application/x-www-form-urlencoded", f"{FORM}username=", "%41", ""),
    "a name beyond ASCII": ("application/x-www-form-urlencoded", f"{FORM}username=", "\u0301\u0323", ""),
    "a target beyond ASCII": ("application/x-www-form-urlencoded", f"{FORM}next=//a", "\u0301\u0323", ""),
    "parts": ("multipart/form-data; boundary=B", "", f"{PART}\r\n\r\n\r\n", "--B--"),
    "files": ("multipart/form-data; boundary=B", "", f'{PART}; filename="b"\r\n\r\n\r\n', "--B--"),
    "a part": ("multipart/form-data; boundary=B", f"{PART}\r\n\r\n", "x", "\r\n--B--"),
    "base64": ("multipart/form-data; boundary=B", f"{PART}\r\nContent-Transfer-Encoding: base64\r\n\r\n", " ", ""),
    "semicolons in parts": ("multipart/form-data; boundary=B", "", f"{PART}{';' * 900}\r\n\r\n\r\n", "--B--"),
    "boundaries": ("multipart/form-data; boundary=B", "", "--B", ""),
    "new lines": ("multipart/form-data; boundary=B", "", "\r\n", ""),
    "objects": ("application/json", '{"old":[', "{},", "{}]}"),
    "text": ("application/json", '{"old":{"prefix":"', "a", '","status":200,"headers":[],"body":""},"new":{}}'),
    "nested": ("application/json", "", "[", ""),
}
MAX_HEAD = 4096
"""Bytes of an answer's head: nginx takes so many by default, and a longer one for a failure of the server."""
SIZE = 1500
"""Eight times as much is more than the server takes in one header; a repeated header is joined to one."""

Values = dict[str, Any]


@pytest.fixture(scope="module")
def application() -> Callable[[Values], bytes]:
    """Return a function that answers a request with these values of its environ."""
    served = get_internal_wsgi_application()

    def answer(values: Values) -> bytes:
        body = values.get("body", b"")
        environ = {
            "REQUEST_METHOD": "GET",
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "192.0.2.1",
            "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr,
            **({"CONTENT_LENGTH": str(len(body))} if body else {}),
            **values,
            "wsgi.input": io.BytesIO(body),
        }
        with closing(served(environ, lambda *_: lambda _: None)) as parts:
            return b"".join(parts)

    return answer


@pytest.fixture(autouse=True)
def settings_of_a_service() -> Iterator[None]:
    """Trust a proxy, allow an origin, serve metrics and compare answers, so that each part of a request is read."""
    logging.disable()
    with override_settings(
        TRUSTED_PROXIES=1, CORS_ALLOWED_ORIGINS=["https://app.example.com"], METRICS_TOKEN="x" * 20, SANDBOX=True
    ):
        yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("path", PATHS)
def test_no_header_makes_a_request_expensive(application: Callable[[Values], bytes], path: str, header: str) -> None:
    """Whatever is repeated in it, and whatever path is asked for."""
    method = "POST" if "sign_up" in path else "GET"
    for shape, (before, unit, after) in SHAPES.items():

        def request(size: int, unit: str = unit, before: str = before, after: str = after) -> Values:
            return {"REQUEST_METHOD": method, "PATH_INFO": path, header: before + unit * (size // len(unit)) + after}

        assert growth(application, request, SIZE) < BOUND, shape


@pytest.mark.threat(65)
@pytest.mark.parametrize("unit", ["<", "é", "a", "%3C"])
@pytest.mark.parametrize("path", PATHS)
def test_no_head_grows_with_the_request(path: str, unit: str) -> None:
    """Whatever is repeated in the path, the query or a header: the whole head of the answer stays below a limit."""
    long = unit.encode().decode("latin-1") * (4000 // len(unit))
    served, heads = get_internal_wsgi_application(), dict[str, int]()
    for name in ("PATH_INFO", *HEADERS):
        environ: Values = {"REQUEST_METHOD": "GET", "SERVER_NAME": "testserver", "SERVER_PORT": "80"}
        environ |= {"PATH_INFO": path, "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http"}
        environ[name] = path + long if name == "PATH_INFO" else long

        def measure(*answer: Any, name: str = name) -> Any:
            heads[name] = sum(len(f"{header}: {value}\r\n") for header, value in answer[1])

        with override_settings(V1_DEPRECATED_AT=datetime(2026, 12, 1, tzinfo=UTC)), closing(served(environ, measure)):
            pass
    assert heads.keys() == {"PATH_INFO", *HEADERS}
    assert {name: size for name, size in heads.items() if size > MAX_HEAD} == {}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("path", ["/", "/admin/login/", "/api/v1/social_sign_up/", "/api/v2/social_sign_up/"])
def test_no_body_makes_a_request_expensive(
    application: Callable[[Values], bytes], path: str, body: tuple[str, str, str, str]
) -> None:
    """Forms and files are parsed for the admin alone; JSON for the APIs and for the front page of a sandbox."""
    content_type, before, unit, after = body
    values = {"REQUEST_METHOD": "POST", "PATH_INFO": path, "CONTENT_TYPE": content_type}
    cookie = {"HTTP_COOKIE": f"csrftoken={'A' * 32}"}

    def request(size: int) -> Values:
        return {**values, **cookie, "body": (before + unit * (size // len(unit)) + after).encode()}

    assert growth(application, request, 7000) < BOUND
