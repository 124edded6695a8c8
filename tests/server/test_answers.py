"""How many writes an answer takes, on a socket that records them."""

import io
import socket
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config  # type: ignore[import-untyped]  # the package has no types
from gunicorn.http import RequestParser  # type: ignore[import-untyped]  # the package has no types

from server.answers import MAX_BUFFERED
from server.worker import Worker
from tests.server.callers import request

LENGTH = [("Content-Type", "text/plain"), ("Content-Length", "4")]


class Client(socket.socket):
    """The worker's side of a connection; it records what each call sends."""

    def __init__(self, other: socket.socket) -> None:
        super().__init__(fileno=other.detach())
        self.writes: list[bytes] = []

    def send(self, data: Any, flags: int = 0) -> int:
        sent = super().send(data, flags)
        self.writes.append(bytes(data[:sent]))
        return sent

    def sendall(self, data: Any, flags: int = 0) -> None:
        self.writes.append(bytes(data))
        super().sendall(data, flags)


@pytest.fixture
def connection() -> Iterator[Any]:
    """A connection, as gunicorn's worker has it, whose client reads everything at the end."""
    ours, theirs = socket.socketpair()
    with Client(ours) as client, theirs:
        yield SimpleNamespace(sock=client, client=("127.0.0.1", 1), server=("127.0.0.1", 2), theirs=theirs)


Application = Callable[[Any, Any], Iterable[bytes]]


def answer(connection: Any, method: str, application: Application) -> list[bytes]:
    """Return the writes of an answer."""
    cfg = Config()
    req = next(RequestParser(cfg, iter([request(method, "/")]), connection.client))
    worker: Any = Worker.__new__(Worker)
    worker.cfg, worker.alive, worker.nr, worker.max_requests = cfg, True, 0, 10
    worker.keepalived_conns, worker.max_keepalived, worker.wsgi = [], 10, application
    worker.log = SimpleNamespace(access=lambda *_: None, debug=lambda *_: None, exception=lambda *_: None)
    sock = connection.sock
    assert worker.handle_request(req, connection) is True
    assert connection.sock is sock
    writes: list[bytes] = sock.writes
    return writes


def responding(status: str, headers: list[tuple[str, str]], *parts: bytes) -> Application:
    def application(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response(status, headers)
        return iter(parts)

    return application


@pytest.mark.parametrize(
    ("method", "application", "end"),
    [
        ("GET", responding("200 OK", LENGTH, b"body"), b"\r\n\r\nbody"),
        ("GET", responding("200 OK", LENGTH, b"bo", b"dy"), b"\r\n\r\nbody"),
        ("GET", responding("200 OK", [], b"bo", b"dy"), b"\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n"),
        ("HEAD", responding("200 OK", LENGTH, b""), b"Content-Length: 4\r\n\r\n"),
        ("GET", responding("204 No Content", []), b"\r\n\r\n"),
        ("GET", responding("304 Not Modified", []), b"\r\n\r\n"),
        ("GET", responding("200 OK", [("Content-Length", "0")]), b"\r\n\r\n"),
    ],
    ids=["a part", "two parts", "chunked", "HEAD", "204", "304", "an empty body"],
)
def test_an_answer_is_one_write(connection: Any, method: str, application: Application, end: bytes) -> None:
    """Head and body, whatever the body consists of, or the head of an answer without a body."""
    (written,) = answer(connection, method, application)
    assert written.startswith(b"HTTP/1.1 ")
    assert written.endswith(end)
    assert written.count(b"\r\n\r\n") == 1 + end.count(b"0\r\n\r\n")


def test_a_long_answer_is_sent_in_parts(connection: Any) -> None:
    """The worker does not buffer all of it; a client that reads gets all of it."""
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8 * MAX_BUFFERED)
    parts = [b"a" * (MAX_BUFFERED // 2)] * 4
    length = [("Content-Length", str(4 * (MAX_BUFFERED // 2)))]
    writes = answer(connection, "GET", responding("200 OK", length, *parts))
    assert 1 < len(writes) < 4
    assert b"".join(writes).endswith(b"\r\n\r\n" + b"".join(parts))


def test_a_file_follows_its_head(connection: Any, tmp_path: Path) -> None:
    """It is sent by the kernel (`sendfile`)."""
    (tmp_path / "file").write_bytes(b"body")

    def application(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", LENGTH)
        wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"]((tmp_path / "file").open("rb"))
        return wrapped

    (head,) = answer(connection, "GET", application)
    assert connection.theirs.recv(65536) == head + b"body"


def test_a_body_without_a_file_descriptor_follows_its_head(connection: Any) -> None:
    """It leaves with the head."""

    def application(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", LENGTH)
        wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"](io.BytesIO(b"body"))
        return wrapped

    (written,) = answer(connection, "GET", application)
    assert written.endswith(b"\r\n\r\nbody")


def test_the_rest_follows_when_the_client_reads(connection: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the kernel does not take at once is sent as soon as it does."""
    monkeypatch.setattr(Client, "send", lambda client, data, flags: socket.socket.send(client, data[:10], flags))
    (rest,) = answer(connection, "GET", responding("200 OK", LENGTH, b"body"))
    received = connection.theirs.recv(65536)
    assert received[10:] == rest
    assert received.endswith(b"\r\n\r\nbody")
