"""Accepting connections while the worker stops, and without a free file descriptor."""

import errno
import logging
import os
import selectors
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from gunicorn.config import Config  # type: ignore[import-untyped]  # the package has no types
from gunicorn.sock import TCPSocket  # type: ignore[import-untyped]  # the package has no types

from server.arrivals import Request
from server.worker import Worker
from tests.server.callers import request

BACKLOG = 4


class BusyThreads:
    """A thread pool whose threads are all busy: it records the connections that it gets and answers none."""

    def __init__(self) -> None:
        self.on_submit: Callable[[], object] = lambda: None
        self.submitted: list[Any] = []

    def submit(self, handle: object, conn: Any) -> "Future[Any]":
        self.submitted.append(conn)
        self.on_submit()
        return Future()


@pytest.fixture
def threads() -> BusyThreads:
    """The worker's thread pool."""
    return BusyThreads()


@pytest.fixture
def worker(threads: BusyThreads) -> Iterator[Any]:
    """A worker with two listeners, in this process and without its main loop."""
    cfg, log = Config(), logging.getLogger("gunicorn.error")
    cfg.set("backlog", BACKLOG)
    listeners = [TCPSocket(("127.0.0.1", 0), cfg, log) for _ in range(2)]
    worker: Any = Worker(0, os.getpid(), listeners, None, 30, cfg, log)
    with selectors.DefaultSelector() as worker.poller:
        worker.tpool = threads
        worker.set_accept_enabled(True)
        yield worker
    worker.tmp.close()
    for one in (*threads.submitted, *listeners):
        one.close()


Connect = Callable[[Any], socket.socket]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Return a function that connects to a listener and sends a request."""
    with ExitStack() as kept:

        def connect(listener: Any) -> socket.socket:
            connection = kept.enter_context(socket.create_connection(listener.getsockname(), 10))
            connection.sendall(request("GET", "/livez"))
            return connection

        yield connect


@contextmanager
def no_more_files(*listeners: Any) -> Iterator[None]:
    """Let each listener refuse to accept, as the kernel does in a process without a free file descriptor.

    A real limit would not be reliable: other threads of the test process close files at any time.
    """

    def accept() -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with pytest.MonkeyPatch.context() as patch:
        for listener in listeners:
            patch.setattr(listener, "accept", accept, raising=False)
        yield


def stop(worker: Any) -> None:
    """Stop the worker as gunicorn's main loop does."""
    worker.alive = False
    worker.set_accept_enabled(False)


def test_a_stop_accepts_the_queue_first(worker: Any, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each listener's queue is accepted, and then the listener is closed and refuses connections."""
    addresses, attempts = [listener.getsockname() for listener in worker.sockets], Counter[Any]()

    def accept(listener: Any) -> None:
        attempts[listener] += 1
        Worker.accept(worker, listener)

    monkeypatch.setattr(worker, "accept", accept)
    for listener in worker.sockets * 2:
        connect(listener)
    stop(worker)
    # The last attempt at each finds the queue empty.
    assert (worker.nr_conns, list(attempts.values())) == (4, [3, 3])
    for address in addresses:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, 10)


def test_a_stop_accepts_no_more_than_the_backlog(worker: Any, threads: BusyThreads, connect: Connect) -> None:
    """Even if a new connection arrives whenever one is accepted."""
    listener, others = worker.sockets[0], iter(range(10 * BACKLOG))
    threads.on_submit = lambda: connect(listener) if next(others, None) is not None else None
    connect(listener)
    stop(worker)
    assert worker.nr_conns == BACKLOG
    assert listener.sock is None


def test_a_stop_without_file_descriptors_closes_all_listeners(worker: Any, connect: Connect) -> None:
    """The queue is lost, the accepted connections are not."""
    first, second = worker.sockets
    connect(first)
    worker.wait_for_and_dispatch_events(1)
    for _ in range(2):
        connect(first)
    with no_more_files(first, second):
        stop(worker)
    assert worker.nr_conns == 1
    assert (first.sock, second.sock) == (None, None)


def test_without_file_descriptors_connections_wait(
    worker: Any, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """The worker logs it, goes on, and accepts them when it has descriptors again."""
    listener = worker.sockets[0]
    connect(listener)
    with no_more_files(listener):
        for _ in range(3):
            worker.wait_for_and_dispatch_events(1)
    assert worker.nr_conns == 0
    assert [line.getMessage() for line in caplog.records] == ["Connections have to wait: Too many open files"]
    worker.wait_for_and_dispatch_events(1)
    assert worker.nr_conns == 1


def test_an_error_in_collecting_does_not_end_the_worker(
    worker: Any,
    threads: BusyThreads,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is logged, and a thread reads the request."""
    monkeypatch.setattr(Request, "is_whole", lambda self: 1 / 0)
    connect(worker.sockets[0])
    worker.wait_for_and_dispatch_events(1)
    assert len(threads.submitted) == 1
    assert [line.getMessage() for line in caplog.records] == ["A request was not collected: ZeroDivisionError"]


def test_a_request_that_arrives_at_the_last_moment_is_answered(worker: Any, threads: BusyThreads) -> None:
    """Two connections expire, as when the worker stops: the one with a request gets a thread, the other is closed."""
    address = worker.sockets[0].getsockname()
    with socket.create_connection(address, 10) as silent, socket.create_connection(address, 10) as late:
        while worker.nr_conns < 2:
            worker.wait_for_and_dispatch_events(1)
        assert not threads.submitted
        late.sendall(request("GET", "/livez"))
        worker._arrivals.expire_silent(0)
        worker.murder_pending()
        assert [one.client for one in threads.submitted] == [late.getsockname()]
        assert silent.recv(1) == b""
