"""Whom a worker accepts: those in the queue as it stops, and those who had to wait for room."""

import gc
import logging
import os
import resource
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

from server.worker import Worker

BACKLOG = 4


class Threads:
    """A worker's, all of them busy: they answer nobody, and say when they are handed a connection."""

    def __init__(self) -> None:
        self.then: Callable[[], object] = lambda: None
        self.handed: list[Any] = []

    def submit(self, handle: object, conn: Any) -> "Future[Any]":
        self.handed.append(conn)
        self.then()
        return Future()


@pytest.fixture
def threads() -> Threads:
    """The threads of the worker."""
    return Threads()


@pytest.fixture
def worker(threads: Threads) -> Iterator[Any]:
    """One that accepts at two addresses, in this process and without its loop."""
    cfg, log = Config(), logging.getLogger("gunicorn.error")
    cfg.set("backlog", BACKLOG)
    listeners = [TCPSocket(("127.0.0.1", 0), cfg, log) for _ in range(2)]
    worker: Any = Worker(0, os.getpid(), listeners, None, 30, cfg, log)
    with selectors.DefaultSelector() as worker.poller:
        worker.tpool = threads
        worker.set_accept_enabled(True)
        yield worker
    worker.tmp.close()
    for one in (*threads.handed, *listeners):
        one.close()


Connect = Callable[[Any], socket.socket]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Be a client at a listener."""
    with ExitStack() as kept:
        yield lambda listener: kept.enter_context(socket.create_connection(listener.getsockname(), 10))


@contextmanager
def no_more_files() -> Iterator[None]:
    """Let this process open no further file."""
    before, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    # What others have left open must not be closed in between: there would be room again.
    gc.collect()
    gc.disable()
    free = os.dup(0)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before, most))
        gc.enable()


def stop(worker: Any) -> None:
    """Do what gunicorn's loop does at its end."""
    worker.alive = False
    worker.set_accept_enabled(False)


def test_who_is_in_the_queue_is_accepted_still(worker: Any, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """At each address, until nobody is left; then it is closed, and the next one is refused at once."""
    places, tried = [listener.getsockname() for listener in worker.sockets], Counter[Any]()

    def accept(listener: Any) -> None:
        tried[listener] += 1
        Worker.accept(worker, listener)

    monkeypatch.setattr(worker, "accept", accept)
    for listener in worker.sockets * 2:
        connect(listener)
    stop(worker)
    # At each once in vain.
    assert (worker.nr_conns, list(tried.values())) == (4, [3, 3])
    for place in places:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(place, 10)


def test_who_comes_without_end_is_not_accepted_without_end(worker: Any, threads: Threads, connect: Connect) -> None:
    """Another one comes whenever one has been accepted: a queue's length of them, and then it is closed."""
    listener, others = worker.sockets[0], iter(range(10 * BACKLOG))
    threads.then = lambda: connect(listener) if next(others, None) is not None else None
    connect(listener)
    stop(worker)
    assert worker.nr_conns == BACKLOG
    assert listener.sock is None


def test_a_stop_without_room_goes_on(worker: Any, connect: Connect) -> None:
    """With too many open files who is in the queue is lost, who was accepted is not, and no address stays open."""
    first, second = worker.sockets
    connect(first)
    worker.wait_for_and_dispatch_events(1)
    for _ in range(2):
        connect(first)
    with no_more_files():
        stop(worker)
    assert worker.nr_conns == 1
    assert (first.sock, second.sock) == (None, None)


def test_without_room_who_comes_waits(worker: Any, connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    """A worker with too many open files does not die of the next client: it says so, and accepts them afterwards."""
    connect(worker.sockets[0])
    with no_more_files():
        for _ in range(3):
            worker.wait_for_and_dispatch_events(1)
    assert worker.nr_conns == 0
    assert [line.getMessage() for line in caplog.records] == ["Connections have to wait: Too many open files"]
    worker.wait_for_and_dispatch_events(1)
    assert worker.nr_conns == 1
