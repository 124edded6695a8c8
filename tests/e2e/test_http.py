"""docs/contract.md, section 1, as far as it needs a real server: the bytes on a socket."""

import io
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from typing import Any

import pytest

from tests.e2e.client import Api
from tests.e2e.conftest import Services
from tests.e2e.databases import Database
from tests.e2e.servers import Sandbox, Service

pytestmark = pytest.mark.e2e

LIMIT = 64 * 1024
OK = 200
JSON = {"Content-Type": "application/json"}
Answer = tuple[int, dict[str, str], bytes]


class _OpenReader(io.BufferedReader):
    """A reader that stays open when an answer has been read."""

    def close(self) -> None:
        """Do nothing, because more answers may follow."""


class RawConnection:
    """A connection on which a test writes the bytes of requests."""

    def __init__(self, service: Service) -> None:
        self.host = service.url.removeprefix("http://")
        self.socket = socket.create_connection(service.address, timeout=30)
        self._answers = _OpenReader(self.socket.makefile("rb", buffering=0))

    def makefile(self, mode: str) -> io.BufferedReader:
        """Return the same reader for each answer."""
        return self._answers

    def head(self, method: str, path: str, headers: dict[str, str]) -> bytes:
        """Return the bytes of a request up to its body."""
        lines = [f"{name}: {value}" for name, value in {"Host": self.host, **headers}.items()]
        return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode("latin-1")

    def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """Send a request and read the answer; `Content_Type` stands for `Content-Type`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if body and "Transfer-Encoding" not in named:
            named["Content-Length"] = str(len(body))
        self.socket.sendall(self.head(method, path, named) + body)
        return self.read(method)

    def read(self, method: str = "GET") -> Answer:
        """Read an answer."""
        response = HTTPResponse(self, method=method)  # type: ignore[arg-type]  # only makefile is used of it
        response.begin()
        return response.status, dict(response.getheaders()), response.read()

    def at_end(self) -> bool:
        """Return True if the server has closed the connection without sending more."""
        self.socket.settimeout(2)
        try:
            return not self.socket.recv(1)
        except TimeoutError:
            return False
        except ConnectionResetError:
            return True


@contextmanager
def connect_to(service: Service) -> Iterator[RawConnection]:
    """Open a connection, closed at the end of the block."""
    connection = RawConnection(service)
    with connection.socket:
        yield connection


@pytest.fixture(scope="module")
def database(sqlite: Database) -> Database:
    """SQLite only: the bytes of requests and answers do not depend on the database."""
    return sqlite


@pytest.fixture(scope="module")
def service(database: Database, services: Services) -> Service:
    """The service on that database."""
    return services(database)


@pytest.fixture
def connection(service: Service) -> Iterator[RawConnection]:
    """A new connection."""
    with connect_to(service) as connection:
        yield connection


def chunked(body: bytes, size: int = 1000) -> bytes:
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def error(answer: Answer) -> tuple[int, str]:
    status, headers, body = answer
    assert headers["Content-Type"] == "application/json"
    return status, json.loads(body)["code"]


def padded(fields: dict[str, Any], size: int) -> bytes:
    """Return the fields as a JSON body of exactly this size in bytes."""
    bare = json.dumps({**fields, "padding": ""}).encode()
    return json.dumps({**fields, "padding": "x" * (size - len(bare))}).encode()


def test_a_chunked_body(api: Api, connection: RawConnection, sandbox: Sandbox) -> None:
    """A chunked body up to the size limit signs up, and the connection stays open."""
    path = api.root + "social_sign_up/"
    for size in (1000, LIMIT):
        body = padded(sandbox.token("github", "ripley"), size)
        answer = connection.send(
            "POST", path, chunked(body), Transfer_Encoding="chunked", Content_Type="application/json"
        )
        assert answer[0] == 201, answer
    assert connection.send("GET", api.root + "provider/")[0] == OK


def test_a_chunked_body_over_the_limit(api: Api, service: Service, sandbox: Sandbox) -> None:
    """One byte over the limit is 413, whatever the size of the rest."""
    for size in (LIMIT + 1, 4 * LIMIT):
        body = padded(sandbox.token("github", "ripley"), size)
        with connect_to(service) as connection:
            answer = connection.send(
                "POST", api.root + "social_sign_up/", chunked(body, 8000), Transfer_Encoding="chunked"
            )
        assert error(answer) == (413, "payload_too_large")


def test_an_empty_chunked_body(api: Api, connection: RawConnection) -> None:
    """An empty body is `invalid_json`."""
    answer = connection.send("POST", api.root + "social_sign_up/", chunked(b""), Transfer_Encoding="chunked")
    assert error(answer) == (400, "invalid_json")


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "0"}])
def test_no_body(api: Api, connection: RawConnection, headers: dict[str, str]) -> None:
    """A missing body is `invalid_json`, with Content-Length: 0 and without a Content-Length."""
    assert error(connection.send("POST", api.root + "social_sign_up/", b"", **headers)) == (400, "invalid_json")


def test_a_content_length_over_the_limit(api: Api, connection: RawConnection) -> None:
    """The answer is 413 before the body is sent."""
    head = connection.head("POST", api.root + "social_sign_up/", {**JSON, "Content-Length": str(LIMIT + 1)})
    connection.socket.sendall(head)
    assert error(connection.read("POST")) == (413, "payload_too_large")


def test_a_missing_content_type(api: Api, connection: RawConnection, sandbox: Sandbox) -> None:
    """A missing or empty Content-Type means JSON."""
    body = json.dumps(sandbox.token("github", "ripley")).encode()
    assert connection.send("POST", api.root + "social_sign_up/", body)[0] == 201
    assert connection.send("POST", api.root + "social_sign_up/", body, Content_Type="")[0] == 201


def test_head(api: Api, connection: RawConnection) -> None:
    """HEAD has the headers of GET and no body, in successes and errors."""
    for path, status in (("provider/", OK), ("", OK), ("user/", 401), ("nowhere/", 404), ("social_sign_up/", 405)):
        get, head = (connection.send(method, api.root + path) for method in ("GET", "HEAD"))
        assert (get[0], head[0], head[2]) == (status, status, b"")
        new = {"Date", "X-Request-ID"}
        assert {name: get[1][name] for name in get[1].keys() - new} == {
            name: head[1][name] for name in head[1].keys() - new
        }
        assert int(head[1]["Content-Length"]) == len(get[2])


def test_options(api: Api, connection: RawConnection) -> None:
    """The answer is 204 with Allow, without body and Content-Type, also with invalid credentials."""
    for path, allow in (("provider/", "GET, HEAD, OPTIONS"), ("social_sign_up/", "POST, OPTIONS")):
        status, headers, body = connection.send("OPTIONS", api.root + path, Authorization="nonsense")
        assert (status, headers["Allow"], body) == (204, allow, b"")
        assert "Content-Type" not in headers
        assert headers.get("Content-Length", "0") == "0"
        assert connection.send("GET", api.root + "provider/")[0] == OK


def test_an_unknown_host(api: Api, connection: RawConnection) -> None:
    """It is refused in the contract's error format on every path; health checks accept any host."""
    for path in ("provider/", "nowhere/", "social_sign_up/"):
        assert error(connection.send("GET", api.root + path, Host="evil.example.com")) == (400, "invalid_request")
    for path in ("/livez", "/readyz"):
        assert connection.send("GET", path, Host="evil.example.com")[0] == OK


def test_expect_100_continue(api: Api, connection: RawConnection, sandbox: Sandbox) -> None:
    """The server sends 100 before the body and then the answer (RFC 9110, section 10.1.1)."""
    body = json.dumps(sandbox.token("github", "ripley")).encode()
    headers = {**JSON, "Content-Length": str(len(body)), "Expect": "100-continue"}
    connection.socket.sendall(connection.head("POST", api.root + "social_sign_up/", headers))
    assert connection.socket.recv(len(b"HTTP/1.1 100 Continue\r\n\r\n"), socket.MSG_WAITALL).startswith(b"HTTP/1.1 100")
    connection.socket.sendall(body)
    assert connection.read("POST")[0] == 201


def test_no_request_smuggling_in_a_refused_body(api: Api, connection: RawConnection) -> None:
    """After a 413 the connection is closed, and its body is not read as requests."""
    smuggled = connection.head("GET", api.root + "user/", {})
    body = smuggled * (8 * LIMIT // len(smuggled))
    head = connection.head("POST", api.root + "social_sign_up/", {**JSON, "Content-Length": str(len(body))})
    connection.socket.sendall(head + body + connection.head("GET", api.root + "provider/", {}))
    refused = connection.read("POST")
    assert error(refused) == (413, "payload_too_large")
    assert refused[1]["Connection"] == "close"
    assert connection.at_end()


@pytest.mark.parametrize("encoded", [False, True])
def test_an_unread_large_or_chunked_body_closes_the_connection(api: Api, service: Service, encoded: bool) -> None:
    """The answer has `Connection: close`."""
    for path, status in (("social_sign_up/", 401), ("nowhere/", 404), ("provider/", 405)):
        body = b"x" * (LIMIT if not encoded else 100)
        encoding = {"Transfer_Encoding": "chunked"} if encoded else {}
        with connect_to(service) as connection:
            sent = chunked(body) if encoded else body
            answer = connection.send("POST", api.root + path, sent, Authorization="nonsense", **encoding)
            assert (answer[0], answer[1]["Connection"]) == (status, "close")
            assert connection.at_end()


def test_an_unread_small_body_is_skipped(api: Api, connection: RawConnection) -> None:
    """The connection stays open, and the next request is answered."""
    for path, status in (("social_sign_up/", 401), ("nowhere/", 404), ("provider/", 405)):
        answer = connection.send("POST", api.root + path, b"x" * (LIMIT - 1), Authorization="nonsense")
        assert (answer[0], answer[1]["Connection"]) == (status, "keep-alive")
        assert connection.send("GET", api.root + "provider/")[0] == OK


def test_pipelined_requests(api: Api, connection: RawConnection) -> None:
    """They are answered in order, errors included."""
    paths = ("provider/", "nowhere/", "user/", "")
    connection.socket.sendall(b"".join(connection.head("GET", api.root + path, {}) for path in paths))
    assert [connection.read()[0] for _ in paths] == [OK, 404, 401, OK]


def test_a_repeated_authorization_header(api: Api, connection: RawConnection, sandbox: Sandbox) -> None:
    """Two Authorization headers are refused, also if both are valid."""
    token = api.sign_up(sandbox.token("github", "ripley")).json()["token"]
    line = f"Authorization: Bearer {token}\r\n".encode()
    head = connection.head("GET", api.root + "user/", {})[:-2]
    connection.socket.sendall(head + line + b"\r\n")
    assert connection.read()[0] == OK
    connection.socket.sendall(head + line * 2 + b"\r\n")
    assert error(connection.read()) == (401, "invalid_credentials")


@pytest.mark.threat(32)
@pytest.mark.parametrize(
    "value", [b"", b"Bearer", b"Bearer \xff\xfe", b"Basic dTpw", b"ApiKey \xc3\xa9:x", b"Bearer a b"]
)
def test_an_invalid_authorization_header(api: Api, connection: RawConnection, value: bytes) -> None:
    """It is 401 with a challenge on every path, public ones included."""
    for path in ("provider/", "user/", ""):
        head = connection.head("GET", api.root + path, {})[:-2]
        connection.socket.sendall(head + b"Authorization: " + value + b"\r\n\r\n")
        answer = connection.read()
        assert error(answer) == (401, "invalid_credentials")
        assert answer[1]["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.threat(11, 33)
def test_common_headers(api: Api, connection: RawConnection) -> None:
    """Every answer forbids caching and sniffing, sets no cookie and has a request id of its own."""
    seen, given = set(), "0123456789abcdef"
    for method, path in (("GET", "provider/"), ("GET", "nowhere/"), ("OPTIONS", "user/"), ("POST", "social_sign_up/")):
        _, headers, _ = connection.send(method, api.root + path, Cookie="sessionid=abc", X_Request_ID=given)
        assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
        assert "Set-Cookie" not in headers
        assert "Vary" not in headers
        seen.add(headers["X-Request-ID"])
    assert len(seen) == 4
    assert given not in seen, "without a trusted proxy the id of the request is ignored"
