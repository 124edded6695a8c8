"""The load: all that is asked for, and not one wrong answer among it."""

import itertools
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.load import Request, Timed, WrongAnswerError, at_once, in_sequence, paced

Play = Callable[[int], tuple[int, bytes, bool]]
"""From a request's number to the answer: status, body, and whether the server hangs up."""


class Server(ThreadingHTTPServer):
    """Answers as it is told, and counts."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, play: Play) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.play, self.numbers, self.connections = play, itertools.count(1), 0
        self.answered = 0
        self.lock = threading.Lock()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that has seen a wrong answer hangs up: no news."""

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        with self.server.lock:
            self.server.connections += 1
        super().setup()

    def do_GET(self) -> None:
        with self.server.lock:
            number = next(self.server.numbers)
            self.server.answered += 1
        status, body, hangs_up = self.server.play(number)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if hangs_up:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def serve() -> Iterator[Callable[[Play], Server]]:
    """Start a server that answers as a function says."""
    started: list[tuple[Server, threading.Thread]] = []

    def start(play: Play) -> Server:
        server = Server(play)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        started.append((server, thread))
        return server

    yield start
    for server, thread in started:
        server.shutdown()
        thread.join()
        server.server_close()


def right(number: int) -> tuple[int, bytes, bool]:
    return 200, b'{"token":"x"}', False


def requests() -> Iterator[Request]:
    return itertools.repeat(Request(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n", frozenset({200}), b'"token"'))


RUNS = {
    "in sequence": lambda port: in_sequence(port, requests(), count=20),
    "at once": lambda port: at_once(port, requests(), connections=4, count=20, seconds=60),
    "paced": lambda port: paced(port, requests(), per_second=400, seconds=0.05),
}


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_all_that_is_asked_for_is_sent_and_answered(serve, run):
    """Twenty requests are twenty answers, each with a time."""
    server = serve(right)

    ran = run(server.port)

    assert server.answered == len(ran.took) == 20
    assert all(0 < took <= ran.seconds for took in ran.took)


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
@pytest.mark.parametrize(
    "wrong", [(500, b'{"token":"x"}', False), (200, b"{}", False)], ids=["another status", "another body"]
)
def test_one_wrong_answer_ends_a_run(serve, run, wrong):
    """It is not averaged away, wherever it comes."""
    server = serve(lambda number: wrong if number == 13 else right(number))

    with pytest.raises(WrongAnswerError):
        run(server.port)


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_an_answer_that_breaks_off_ends_a_run(run):
    """A server that hangs up in the middle has not answered."""
    server = BreaksOff(("127.0.0.1", 0), BrokenHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        with pytest.raises(WrongAnswerError, match="hung up"):
            run(int(server.server_address[1]))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(("run", "connections"), [("in sequence", 1), ("at once", 4)])
def test_connections_are_kept(serve, run, connections):
    """As many as were asked for, and no more."""
    server = serve(right)

    RUNS[run](server.port)

    assert server.connections == connections


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_a_connection_that_the_server_closes_is_opened_anew(serve, run):
    """A worker that retires says `Connection: close`; the run goes on."""
    server = serve(lambda number: (*right(number)[:2], number % 3 == 0))

    assert len(run(server.port).took) == 20


def test_a_run_at_once_ends_with_its_requests(serve):
    """Where there are fewer of them than may be sent, it is over when they are answered."""
    server = serve(right)

    ran = at_once(server.port, itertools.islice(requests(), 3), connections=8, count=100, seconds=60)

    assert len(ran.took) == server.answered == 3


def test_a_run_at_once_ends_when_time_is_up(serve):
    """What is under way is still answered, and nothing more is sent."""
    server = serve(right)

    ran = at_once(server.port, requests(), connections=2, count=1_000_000, seconds=0.1)

    assert 2 <= len(ran.took) == server.answered < 1_000_000


def test_a_run_in_sequence_has_its_least(serve):
    """However short the time."""
    server = serve(right)

    assert len(in_sequence(server.port, requests(), count=50, least=7, seconds=0).took) == 7


def test_throughput_is_that_of_the_time_when_all_were_busy():
    """Neither how a run begins nor how its last answers come in is part of it."""
    ran = Timed(9.0, (1.0,) * 12, at=(0.5, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.5, 6.5, 7.5, 9.0), busy=4.0)

    assert ran.per_second == 6 / 3


class BreaksOff(ThreadingHTTPServer):
    """Promises more than it sends."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """As above."""


class BrokenHandler(BaseHTTPRequestHandler):
    """Sends half a body."""

    def do_GET(self) -> None:
        self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"token":"x"}')

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
