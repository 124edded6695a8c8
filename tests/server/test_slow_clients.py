"""Clients that send slowly, or nothing, occupy no thread and no connection that other clients need."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

import pytest
from django.conf import settings

from server.arrivals import MAX_BODY, MAX_HEAD
from tests.e2e.servers import Service, running_service
from tests.server.callers import TIMEOUT, read, request

PREFIX = list(settings.APIS.values())[-1]
THREADS = 8
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LIVE = request("GET", "/livez")


def sign_up(**headers: str) -> bytes:
    """Return the head of a sign-up."""
    return request("POST", f"/{PREFIX}social_sign_up/", b"", Content_Type="application/json", **headers)


HALF_SENT = {
    "nothing": b"",
    "half of a head": LIVE[:-3],
    "half of a body": sign_up(Content_Length="40") + b"{",
    "half of a chunk": sign_up(Transfer_Encoding="chunked") + b"20\r\n{",
    "half of a long chunk": sign_up(Transfer_Encoding="chunked") + b"fffff\r\n{",
    "half of the end of a chunk": sign_up(Transfer_Encoding="chunked") + b"10000\r\n" + b" " * MAX_BODY + b"\r",
    "no last chunk": sign_up(Transfer_Encoding="chunked") + b"1\r\n{\r\n",
    "half of a body with a padded length": sign_up(Content_Length="0000000040") + b"{",
    "half of a chunk with a padded size": sign_up(Transfer_Encoding="chunked") + b"00000020\r\n{\r\n\r\n",
    "half of a chunk of two codings": sign_up(Transfer_Encoding="gzip, chunked") + b"20\r\n{",
    "half of a trailer": sign_up(Transfer_Encoding="chunked") + b"0\r\nX-Sum: 1",
    "a body that is announced": sign_up(Content_Length="40", Expect="100-continue"),
}

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """A service with few threads."""
    with running_service(None, THREADS=str(THREADS)) as service:
        yield service


def connect(service: Service, sent: bytes, kept: ExitStack) -> socket.socket:
    """Open a connection for the rest of the test and send something."""
    connection = kept.enter_context(socket.create_connection(service.address, TIMEOUT))
    connection.sendall(sent)
    return connection


@pytest.mark.threat(41)
@pytest.mark.parametrize("sent", HALF_SENT.values(), ids=list(HALF_SENT))
def test_half_sent_requests_block_nobody(service: Service, sent: bytes) -> None:
    """Neither on new connections nor on used ones."""
    with ExitStack() as kept:
        # So many that threads which wait ten seconds for each would answer nobody within the time of this test.
        for _ in range(8 * THREADS):
            connect(service, sent, kept)
        for connection in [connect(service, LIVE, kept) for _ in range(2 * THREADS)]:
            assert read(connection) == (200, False)
            connection.sendall(sent)
        assert read(connect(service, LIVE, kept)) == (200, False)


@pytest.mark.threat(41)
def test_half_sent_requests_are_given_up(service: Service) -> None:
    """The worker closes their connections after a while, and those of clients that have sent nothing."""
    with ExitStack() as kept:
        for connection in [connect(service, sent, kept) for sent in HALF_SENT.values()]:
            received = b"".join(iter(partial(connection.recv, 65536), b""))
            assert received in {b"", CONTINUE}


@pytest.mark.threat(41)
def test_idle_connections_block_nobody(service: Service) -> None:
    """More of them than a worker accepts connections: the worker closes the oldest."""
    with ExitStack() as kept:
        first = connect(service, b"", kept)
        for _ in range(1_050):
            connect(service, b"", kept)
        assert read(connect(service, LIVE, kept)) == (200, False)
        assert first.recv(1) == b""


@pytest.mark.threat(41)
def test_the_worker_may_close_a_connection_that_has_just_sent_something(service: Service) -> None:
    """The worker learns in one poll of new connections and of data on the oldest ones, and goes on."""
    with ExitStack() as kept:
        oldest = [connect(service, b"", kept) for _ in range(999)][:100]
        assert read(connect(service, LIVE, kept)) == (200, False)
        (worker,) = service.workers
        os.kill(worker, signal.SIGSTOP)
        for _ in range(50):
            connect(service, b"", kept)
        for connection in oldest:
            connection.sendall(LIVE[:1])
        os.kill(worker, signal.SIGCONT)
        assert read(connect(service, LIVE, kept)) == (200, False)
        assert service.workers == [worker]


@pytest.mark.threat(41)
def test_clients_that_do_not_read_block_nobody(service: Service) -> None:
    """As many as there are threads ask for a long answer and receive none of it: they are given up."""
    with ExitStack() as kept:
        for _ in range(THREADS):
            connection = kept.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            connection.connect(service.address)
            connection.sendall(request("GET", "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"))
        assert read(connect(service, LIVE, kept)) == (200, False)


@pytest.mark.threat(41)
def test_a_head_that_is_too_long_is_refused(service: Service) -> None:
    """The worker does not wait for its end."""
    with ExitStack() as kept:
        field = b"X-Client: " + b"a" * 8_000 + b"\r\n"
        sent = LIVE[:-2] + field * (MAX_HEAD // len(field) + 1)
        assert read(connect(service, sent, kept)) == (431, True)


BODY = b'{"provider":"none","access_token":"token"}'
CHUNKS = b"%X;name=value\r\n%b\r\n%X\r\n%b\r\n0\r\n" % (5, BODY[:5], len(BODY) - 5, BODY[5:])
WHOLE = {
    "a head": (LIVE, 200),
    "an empty line first": (b"\r\n" + LIVE, 200),
    "a body": (sign_up(Content_Length=str(len(BODY))) + BODY, 400),
    "an empty body": (sign_up(Content_Length="0"), 400),
    "chunks": (sign_up(Transfer_Encoding="chunked") + CHUNKS + b"\r\n", 400),
    "chunks and a trailer": (sign_up(Transfer_Encoding="chunked") + CHUNKS + b"X-Sum: 1\r\n\r\n", 400),
}


@pytest.mark.parametrize(("sent", "status"), WHOLE.values(), ids=list(WHOLE))
def test_a_request_may_arrive_in_any_parts(service: Service, sent: bytes, status: int) -> None:
    """Byte by byte, or together with the next one."""
    with ExitStack() as kept:
        connection = connect(service, b"", kept)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in sent:
            connection.sendall(bytes([byte]))
        assert read(connection) == (status, False)
        connection.sendall(sent + sent + sent[:-1])
        received = b""
        while received.count(b"HTTP/1.1 ") < 2:
            received += connection.recv(65536)
        connection.sendall(sent[-1:])
        while received.count(b"HTTP/1.1 ") < 3:
            received += connection.recv(65536)
        assert received.count(b"HTTP/1.1 %d " % status) == 3


@pytest.mark.parametrize("body", [BODY, CHUNKS + b"\r\n"], ids=["a body", "chunks"])
def test_a_client_may_wait_for_100_continue(service: Service, body: bytes) -> None:
    """The worker sends that status once."""
    framing = {"Transfer_Encoding": "chunked"} if body.startswith(CHUNKS) else {"Content_Length": str(len(body))}
    with ExitStack() as kept:
        connection = connect(service, sign_up(Expect="100-continue", **framing), kept)
        assert connection.recv(65536) == CONTINUE
        connection.sendall(body)
        assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")


MALFORMED = {
    "a line feed": b"GET /livez HTTP/1.1\nHost: localhost\n\n",
    "a line feed after a length": sign_up(Content_Length="40")[:-2] + b"X-Client: a\n",
    "two framings": sign_up(Content_Length="40", Transfer_Encoding="chunked"),
    "no size": sign_up(Transfer_Encoding="chunked") + b"some\r\n",
    "no end of a chunk": sign_up(Transfer_Encoding="chunked") + b"1\r\n{}}",
    "a size without a carriage return": sign_up(Transfer_Encoding="chunked") + b"5\n",
    "a long trailer": sign_up(Transfer_Encoding="chunked") + b"0\r\nX-Sum: " + b"a" * 1_100,
    "a long line": sign_up(Transfer_Encoding="chunked") + b"1;" + b"a" * 200,
    "too many chunks": sign_up(Transfer_Encoding="chunked") + b"1\r\n \r\n" * 60_000,
    "another expectation": sign_up(Content_Length="40", Expect="more")[:-2] + b"X: 1\n",
}


@pytest.mark.parametrize("sent", MALFORMED.values(), ids=list(MALFORMED))
def test_what_is_malformed_is_refused_at_once(service: Service, sent: bytes) -> None:
    """The worker does not wait for its end, which may never come."""
    with ExitStack() as kept:
        assert read(connect(service, sent, kept))[0] in {400, 413, 431}


@pytest.mark.parametrize("framing", ["Content-Length", "chunked"])
def test_a_long_body_is_refused_before_it_has_arrived(service: Service, framing: str) -> None:
    """By its declared length, or as soon as 64 KiB of it have arrived."""
    with ExitStack() as kept:
        chunked = sign_up(Transfer_Encoding="chunked") + b"fffff\r\n" + b" " * (MAX_BODY + 1)
        sent = chunked if framing == "chunked" else sign_up(Content_Length=str(MAX_BODY + 1))
        assert read(connect(service, sent, kept)) == (413, True)


def test_an_answer_arrives_whole(service: Service) -> None:
    """Head and body are one write: a proxy never has the head of an answer whose body does not come."""
    with ExitStack() as kept:
        connection = connect(service, b"", kept)
        for _ in range(50):
            connection.sendall(request("GET", f"/{PREFIX}provider/"))
            head, _, body = connection.recv(65536).partition(b"\r\n\r\n")
            assert b"\r\nContent-Length: %d" % len(body) in head
            assert body
