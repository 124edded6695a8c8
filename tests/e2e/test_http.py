"""docs/contract.md, section 1 where a real server makes a difference: bytes on a bare socket."""

import io
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from typing import Any

import pytest

from tests.e2e.client import Api
from tests.e2e.servers import Sandbox, Service

pytestmark = pytest.mark.e2e

LIMIT = 64 * 1024
OK = 200
JSON = {"Content-Type": "application/json"}
Answer = tuple[int, dict[str, str], bytes]


class _OpenReader(io.BufferedReader):
    """A reader that outlives the answers read from it."""

    def close(self) -> None:
        """Stay open: more answers may follow."""


class Wire:
    """One connection, on which requests are written as they are."""

    def __init__(self, service: Service) -> None:
        self.host = service.url.removeprefix("http://")
        self.socket = socket.create_connection(service.address, timeout=30)
        self._answers = _OpenReader(self.socket.makefile("rb", buffering=0))

    def makefile(self, mode: str) -> io.BufferedReader:
        """Give an answer's reader what earlier ones have left."""
        return self._answers

    def head(self, method: str, path: str, headers: dict[str, str]) -> bytes:
        """Give the bytes of a request up to its body."""
        lines = [f"{name}: {value}" for name, value in {"Host": self.host, **headers}.items()]
        return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode("latin-1")

    def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """Send a whole request; `Content_Type` stands for `Content-Type`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if body and "Transfer-Encoding" not in named:
            named["Content-Length"] = str(len(body))
        self.socket.sendall(self.head(method, path, named) + body)
        return self.read(method)

    def read(self, method: str = "GET") -> Answer:
        """Read one answer."""
        response = HTTPResponse(self, method=method)  # type: ignore[arg-type]  # only makefile is used of it
        response.begin()
        return response.status, dict(response.getheaders()), response.read()

    def at_end(self) -> bool:
        """Say whether the server has closed the connection and has nothing more to say."""
        self.socket.settimeout(2)
        try:
            return not self.socket.recv(1)
        except TimeoutError:
            return False
        except ConnectionResetError:
            return True


@contextmanager
def wire_to(service: Service) -> Iterator[Wire]:
    """Connect for a while."""
    wire = Wire(service)
    with wire.socket:
        yield wire


@pytest.fixture
def wire(service: Service) -> Iterator[Wire]:
    """A fresh connection."""
    with wire_to(service) as wire:
        yield wire


def chunked(body: bytes, size: int = 1000) -> bytes:
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def error(answer: Answer) -> tuple[int, str]:
    status, headers, body = answer
    assert headers["Content-Type"] == "application/json"
    return status, json.loads(body)["code"]


def padded(fields: dict[str, Any], size: int) -> bytes:
    """Give the fields as a body of exactly so many bytes."""
    bare = json.dumps({**fields, "padding": ""}).encode()
    return json.dumps({**fields, "padding": "x" * (size - len(bare))}).encode()


def test_a_chunked_body_is_read_like_any_other(api: Api, wire: Wire, sandbox: Sandbox) -> None:
    """It signs up, up to the last byte that is allowed, and the connection is good for more."""
    path = api.root + "social_sign_up/"
    for size in (1000, LIMIT):
        body = padded(sandbox.token("github", "ripley"), size)
        answer = wire.send("POST", path, chunked(body), Transfer_Encoding="chunked", Content_Type="application/json")
        assert answer[0] == 201, answer
    assert wire.send("GET", api.root + "provider/")[0] == OK


def test_a_chunked_body_beyond_the_limit_is_refused(api: Api, service: Service, sandbox: Sandbox) -> None:
    """The size holds while reading: one byte more is 413, wherever the body ends."""
    for size in (LIMIT + 1, 4 * LIMIT):
        body = padded(sandbox.token("github", "ripley"), size)
        with wire_to(service) as wire:
            answer = wire.send("POST", api.root + "social_sign_up/", chunked(body, 8000), Transfer_Encoding="chunked")
        assert error(answer) == (413, "payload_too_large")


def test_an_empty_chunked_body_is_no_json(api: Api, wire: Wire) -> None:
    """Nothing at all is not one JSON object."""
    answer = wire.send("POST", api.root + "social_sign_up/", chunked(b""), Transfer_Encoding="chunked")
    assert error(answer) == (400, "invalid_json")


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "0"}])
def test_no_body_is_no_json(api: Api, wire: Wire, headers: dict[str, str]) -> None:
    """With a length of nothing or no length at all."""
    assert error(wire.send("POST", api.root + "social_sign_up/", b"", **headers)) == (400, "invalid_json")


def test_the_length_that_is_stated_is_believed(api: Api, wire: Wire) -> None:
    """413 comes before the body does: nobody has to send 64 KiB to be refused."""
    head = wire.head("POST", api.root + "social_sign_up/", {**JSON, "Content-Length": str(LIMIT + 1)})
    wire.socket.sendall(head)
    assert error(wire.read("POST")) == (413, "payload_too_large")


def test_a_missing_content_type_is_json(api: Api, wire: Wire, sandbox: Sandbox) -> None:
    """Old clients omit it, or send it empty."""
    body = json.dumps(sandbox.token("github", "ripley")).encode()
    assert wire.send("POST", api.root + "social_sign_up/", body)[0] == 201
    assert wire.send("POST", api.root + "social_sign_up/", body, Content_Type="")[0] == 201


def test_head_has_gets_headers_and_no_body(api: Api, wire: Wire) -> None:
    """On one connection: were there a body, the next answer would begin with it."""
    for path, status in (("provider/", OK), ("", OK), ("user/", 401), ("nowhere/", 404), ("social_sign_up/", 405)):
        get, head = (wire.send(method, api.root + path) for method in ("GET", "HEAD"))
        assert (get[0], head[0], head[2]) == (status, status, b"")
        new = {"Date", "X-Request-ID"}
        assert {name: get[1][name] for name in get[1].keys() - new} == {
            name: head[1][name] for name in head[1].keys() - new
        }
        assert int(head[1]["Content-Length"]) == len(get[2])


def test_a_204_has_neither_body_nor_media_type(api: Api, wire: Wire) -> None:
    """OPTIONS says what there is in a header, whatever credentials come with it."""
    for path, allow in (("provider/", "GET, HEAD, OPTIONS"), ("social_sign_up/", "POST, OPTIONS")):
        status, headers, body = wire.send("OPTIONS", api.root + path, Authorization="nonsense")
        assert (status, headers["Allow"], body) == (204, allow, b"")
        assert "Content-Type" not in headers
        assert headers.get("Content-Length", "0") == "0"
        assert wire.send("GET", api.root + "provider/")[0] == OK


def test_a_wrong_host_gets_the_envelope(api: Api, wire: Wire) -> None:
    """Before everything else, the path included; a health check takes any."""
    for path in ("provider/", "nowhere/", "social_sign_up/"):
        assert error(wire.send("GET", api.root + path, Host="evil.example.com")) == (400, "invalid_request")
    for path in ("/livez", "/readyz"):
        assert wire.send("GET", path, Host="evil.example.com")[0] == OK


def test_expect_is_met(api: Api, wire: Wire, sandbox: Sandbox) -> None:
    """A client that asks first is told to go on, and then answered (RFC 9110 section 10.1.1)."""
    body = json.dumps(sandbox.token("github", "ripley")).encode()
    headers = {**JSON, "Content-Length": str(len(body)), "Expect": "100-continue"}
    wire.socket.sendall(wire.head("POST", api.root + "social_sign_up/", headers))
    assert wire.socket.recv(len(b"HTTP/1.1 100 Continue\r\n\r\n"), socket.MSG_WAITALL).startswith(b"HTTP/1.1 100")
    wire.socket.sendall(body)
    assert wire.read("POST")[0] == 201


def test_a_refused_body_is_never_read_as_a_request(api: Api, wire: Wire) -> None:
    """A 413 says that the connection is over, and so it is; the answer comes through however much is sent."""
    smuggled = wire.head("GET", api.root + "user/", {})
    body = smuggled * (8 * LIMIT // len(smuggled))
    head = wire.head("POST", api.root + "social_sign_up/", {**JSON, "Content-Length": str(len(body))})
    wire.socket.sendall(head + body + wire.head("GET", api.root + "provider/", {}))
    refused = wire.read("POST")
    assert error(refused) == (413, "payload_too_large")
    assert refused[1]["Connection"] == "close"
    assert wire.at_end()


@pytest.mark.parametrize("encoded", [False, True])
def test_an_unread_body_of_unknown_or_large_size_ends_the_connection(api: Api, service: Service, encoded: bool) -> None:
    """Whatever the answer is, it says whether another request can follow."""
    for path, status in (("social_sign_up/", 401), ("nowhere/", 404), ("provider/", 405)):
        body = b"x" * (LIMIT if not encoded else 100)
        how = {"Transfer_Encoding": "chunked"} if encoded else {}
        with wire_to(service) as wire:
            sent = chunked(body) if encoded else body
            answer = wire.send("POST", api.root + path, sent, Authorization="nonsense", **how)
            assert (answer[0], answer[1]["Connection"]) == (status, "close")
            assert wire.at_end()


def test_a_small_unread_body_is_skipped(api: Api, wire: Wire) -> None:
    """Refused before it is read, it costs no connection: the next request is answered on it."""
    for path, status in (("social_sign_up/", 401), ("nowhere/", 404), ("provider/", 405)):
        answer = wire.send("POST", api.root + path, b"x" * (LIMIT - 1), Authorization="nonsense")
        assert (answer[0], answer[1]["Connection"]) == (status, "keep-alive")
        assert wire.send("GET", api.root + "provider/")[0] == OK


def test_requests_in_a_row_are_answered_in_a_row(api: Api, wire: Wire) -> None:
    """Pipelined on one connection, a failure among them."""
    paths = ("provider/", "nowhere/", "user/", "")
    wire.socket.sendall(b"".join(wire.head("GET", api.root + path, {}) for path in paths))
    assert [wire.read()[0] for _ in paths] == [OK, 404, 401, OK]


def test_a_repeated_authorization_is_unusable(api: Api, wire: Wire, sandbox: Sandbox) -> None:
    """Even where one of the two would do."""
    token = api.sign_up(sandbox.token("github", "ripley")).json()["token"]
    line = f"Authorization: Bearer {token}\r\n".encode()
    head = wire.head("GET", api.root + "user/", {})[:-2]
    wire.socket.sendall(head + line + b"\r\n")
    assert wire.read()[0] == OK
    wire.socket.sendall(head + line * 2 + b"\r\n")
    assert error(wire.read()) == (401, "invalid_credentials")


@pytest.mark.threat(32)
@pytest.mark.parametrize(
    "value", [b"", b"Bearer", b"Bearer \xff\xfe", b"Basic dTpw", b"ApiKey \xc3\xa9:x", b"Bearer a b"]
)
def test_an_unusable_authorization_is_401_everywhere(api: Api, wire: Wire, value: bytes) -> None:
    """On public paths too, and whatever bytes it holds."""
    for path in ("provider/", "user/", ""):
        head = wire.head("GET", api.root + path, {})[:-2]
        wire.socket.sendall(head + b"Authorization: " + value + b"\r\n\r\n")
        answer = wire.read()
        assert error(answer) == (401, "invalid_credentials")
        assert answer[1]["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.threat(11, 33)
def test_every_answer_has_the_common_headers(api: Api, wire: Wire) -> None:
    """Nothing is stored or sniffed, nothing sets a cookie, and each answer has an id of its own."""
    seen, given = set(), "0123456789abcdef"
    for method, path in (("GET", "provider/"), ("GET", "nowhere/"), ("OPTIONS", "user/"), ("POST", "social_sign_up/")):
        _, headers, _ = wire.send(method, api.root + path, Cookie="sessionid=abc", X_Request_ID=given)
        assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
        assert "Set-Cookie" not in headers
        assert "Vary" not in headers
        seen.add(headers["X-Request-ID"])
    assert len(seen) == 4
    assert given not in seen, "no proxy is trusted, so nobody chooses an id"
