"""The load sends all requests, measures each, and stops at the first unexpected response."""

import itertools
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from benchmarks.load import (
    Load,
    Request,
    UnexpectedResponseError,
    send_at_rate,
    send_concurrently,
    send_in_sequence,
)

RIGHT = b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"token":"x"}'
WRONG_STATUS = RIGHT.replace(b"200 OK", b"500 -")
WRONG_BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
CLOSING = RIGHT.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n")
CUT_OFF = RIGHT.replace(b"Length: 13", b"Length: 100")

LOADS: dict[str, Callable[[int], Load]] = {
    "in sequence": lambda port: send_in_sequence(port, requests(), count=20),
    "concurrently": lambda port: send_concurrently(port, requests(), connections=4, count=20, seconds=60),
    "at a rate": lambda port: send_at_rate(port, requests(), per_second=400, seconds=0.05),
}
each_load = pytest.mark.parametrize("send", LOADS.values(), ids=LOADS)


class Server(socketserver.ThreadingTCPServer):
    """Answers the n-th request with the bytes of a function; closes the connection if they say so or are cut off."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, response: Callable[[int], bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.response, self.numbers, self.lock = response, itertools.count(1), threading.Lock()
        self.connections = self.answered = 0
        self.port = int(self.server_address[1])


class Handler(socketserver.StreamRequestHandler):
    """A connection of the server."""

    server: Server

    def handle(self) -> None:
        with self.server.lock:
            self.server.connections += 1
        while self.rfile.readline() != b"":
            while self.rfile.readline() not in {b"\r\n", b""}:
                pass
            with self.server.lock:
                response = self.server.response(next(self.server.numbers))
                self.server.answered += 1
            self.wfile.write(response)
            if response in {CLOSING, CUT_OFF}:
                return


@contextmanager
def serving(response: Callable[[int], bytes]) -> Iterator[Server]:
    with Server(response) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def always_right(number: int) -> bytes:
    return RIGHT


def requests() -> Iterator[Request]:
    return itertools.repeat(Request(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n", frozenset({200}), b'"token"'))


@each_load
def test_all_requests_are_sent_and_measured(send):
    with serving(always_right) as server:
        load = send(server.port)

    assert server.answered == len(load.durations) == 20
    assert all(0 < duration <= load.seconds for duration in load.durations)


@each_load
@pytest.mark.parametrize("wrong", [WRONG_STATUS, WRONG_BODY, CUT_OFF], ids=["status", "body", "cut off"])
def test_an_unexpected_response_ends_the_load(send, wrong):
    with (
        serving(lambda number: wrong if number == 13 else RIGHT) as server,
        pytest.raises(UnexpectedResponseError, match="closed the connection" if wrong is CUT_OFF else "expected"),
    ):
        send(server.port)


@pytest.mark.parametrize(("send", "connections"), [("in sequence", 1), ("concurrently", 4)])
def test_connections_are_kept_alive(send, connections):
    with serving(always_right) as server:
        LOADS[send](server.port)

    assert server.connections == connections


@each_load
def test_a_connection_that_the_server_closes_is_reopened(send):
    """A worker that restarts sends `Connection: close`."""
    with serving(lambda number: CLOSING if number % 3 == 0 else RIGHT) as server:
        assert len(send(server.port).durations) == 20


def test_a_concurrent_load_ends_when_no_requests_are_left():
    with serving(always_right) as server:
        three = itertools.islice(requests(), 3)
        load = send_concurrently(server.port, three, connections=8, count=100, seconds=60)

    assert len(load.durations) == server.answered == 3


def test_a_concurrent_load_ends_when_the_time_is_over():
    """Requests in progress are still answered."""
    with serving(always_right) as server:
        load = send_concurrently(server.port, requests(), connections=2, count=1_000_000, seconds=0.1)

    assert 2 <= len(load.durations) == server.answered < 1_000_000


def test_a_sequential_load_has_a_minimum():
    """Even when the time is over."""
    with serving(always_right) as server:
        assert len(send_in_sequence(server.port, requests(), count=50, at_least=7, seconds=0).durations) == 7


def test_throughput_counts_while_all_connections_are_busy():
    """Neither the beginning nor the last responses count."""
    finished_at = (0.5, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.5, 6.5, 7.5, 9.0)
    load = Load(9.0, (1.0,) * 12, finished_at, busy=4.0)

    assert load.per_second == 6 / 3


def test_an_outcome_names_the_error():
    """Where a refusal is among the expected statuses."""
    body = b'{"error": {"code": "service_unavailable"}}'
    refusal = b"HTTP/1.1 503 -\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    accepting = itertools.repeat(Request(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n", frozenset({200, 503})))
    with serving(lambda number: refusal if number == 2 else RIGHT) as server:
        load = send_concurrently(server.port, accepting, connections=1, count=3, seconds=60)

    assert load.outcomes == ("200", "503 service_unavailable", "200")
