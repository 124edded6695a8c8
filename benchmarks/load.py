"""Load on raw sockets: the client must cost so little that it is not what is measured."""

import itertools
import re
import selectors
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

PATIENCE = 60
"""Seconds that an answer may take."""
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


class WrongAnswerError(Exception):
    """An answer that is not the expected one: nothing that was measured around it counts."""


@dataclass(frozen=True, slots=True)
class Request:
    """The bytes to send, and what must come back."""

    sent: bytes
    statuses: frozenset[int]
    contains: bytes = b""


class Caller:
    """One connection, kept; opened anew where the server has closed it between two requests."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None
        self._received = b""
        self._request: Request | None = None
        self._began = 0.0
        self.is_last = False
        """The server will hang up: `close` before the next request."""
        self.body = b""
        """Of the last answer."""

    def fileno(self) -> int:
        """Give what a selector waits for."""
        if self._socket is None:
            raise ValueError("it is not connected")
        return self._socket.fileno()

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def send(self, request: Request) -> None:
        """Send a request.

        :raises WrongAnswerError: nobody takes it.
        """
        try:
            if self._socket is None:
                self._socket = socket.create_connection(("127.0.0.1", self._port), PATIENCE)
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.is_last = False
            self._request, self._received, self._began = request, b"", time.perf_counter()
            self._socket.sendall(request.sent)
        except OSError as error:
            raise WrongAnswerError(f"nobody takes the request: {error}") from error

    def receive(self) -> float | None:
        """Read what there is; give the seconds that the request has taken once its answer is whole.

        :raises WrongAnswerError: for another status or body than expected, or none.
        """
        if self._socket is None or self._request is None:
            raise ValueError("nothing was asked")
        try:
            part = self._socket.recv(65536)
        except OSError as error:
            raise WrongAnswerError(f"the connection broke: {error}") from error
        self._received += part
        head, gap, body = self._received.partition(b"\r\n\r\n")
        if gap and _is_whole(head, body):
            _check(self._request, head, body)
            self.body = body
            self.is_last = _CLOSES.search(head) is not None
            return time.perf_counter() - self._began
        if not part:
            raise WrongAnswerError(f"the server hung up after {self._received[:1000]!r}")
        return None

    def ask(self, request: Request) -> float:
        """Send a request and wait for its answer; give the seconds it took.

        :raises WrongAnswerError: as `receive`.
        """
        if self.is_last:
            self.close()
        self.send(request)
        while (took := self.receive()) is None:
            pass
        return took


def _check(request: Request, head: bytes, body: bytes) -> None:
    if int(head[9:12]) not in request.statuses or request.contains not in body:
        wanted = f"{sorted(request.statuses)} with {request.contains!r}"
        raise WrongAnswerError(f"expected {wanted}: {head!r} {body[:2000]!r}")


def _is_whole(head: bytes, body: bytes) -> bool:
    if found := _LENGTH.search(head):
        return len(body) >= int(found[1])
    return body.endswith(b"0\r\n\r\n") if _CHUNKED.search(head) else head[9:12] == b"204"


@dataclass(frozen=True, slots=True)
class Timed:
    """How long a run took, and each of its requests, in seconds."""

    seconds: float
    took: tuple[float, ...]
    at: tuple[float, ...] = ()
    """When each answer came, since the run began."""
    busy: float = 0.0
    """How long all connections had something to do."""

    @property
    def per_second(self) -> float:
        """Give the throughput while all connections were busy, without the quarter in which that began."""
        begins = self.busy / 4
        answers = sum(begins < at <= self.busy for at in self.at)
        return answers / (self.busy - begins) if answers else len(self.took) / self.seconds


def in_sequence(
    port: int, requests: Iterator[Request], *, count: int, least: int = 1, seconds: float = PATIENCE
) -> Timed:
    """Send so many requests over one connection, one after the other; fewer, but so many at least, if time is up.

    :raises WrongAnswerError: for the first wrong answer.
    """
    caller, took = Caller(port), list[float]()
    began = time.perf_counter()
    try:
        while len(took) < count and (len(took) < least or time.perf_counter() - began < seconds):
            took.append(caller.ask(next(requests)))
    finally:
        caller.close()
    return Timed(time.perf_counter() - began, tuple(took))


def at_once(port: int, requests: Iterator[Request], *, connections: int, count: int, seconds: float) -> Timed:
    """Keep so many connections busy; await all answers.

    It ends when so many requests are sent, when there are no more of them, or when so many seconds are over.

    :raises WrongAnswerError: for the first wrong answer.
    """
    left = itertools.islice(requests, count)
    callers = [Caller(port) for _ in range(connections)]
    took, at = list[float](), list[float]()
    busy = 0.0
    began = time.perf_counter()
    with selectors.DefaultSelector() as waiting:
        try:
            for caller, request in zip(callers, itertools.islice(left, connections), strict=False):
                caller.send(request)
                waiting.register(caller, selectors.EVENT_READ)
            while waiting.get_map():
                for caller in answered(waiting.select(PATIENCE)):
                    if (seconds_taken := caller.receive()) is None:
                        continue
                    took.append(seconds_taken)
                    at.append(time.perf_counter() - began)
                    request_or_none = next(left, None) if at[-1] < seconds else None
                    if request_or_none is None:
                        busy = busy or at[-1]
                        waiting.unregister(caller)
                    else:
                        _send(waiting, caller, request_or_none)
        finally:
            for caller in callers:
                caller.close()
    return Timed(time.perf_counter() - began, tuple(took), tuple(at), busy)


def answered(events: list[tuple[selectors.SelectorKey, int]]) -> list[Caller]:
    """Give the callers for whom there is something to read.

    :raises WrongAnswerError: there is nobody, as long as one may wait.
    """
    if not events:
        raise WrongAnswerError(f"no answer within {PATIENCE} s")
    return [cast(Caller, key.fileobj) for key, _ in events]


def _send(waiting: selectors.BaseSelector, caller: Caller, request: Request) -> None:
    if not caller.is_last:
        caller.send(request)
        return
    waiting.unregister(caller)
    caller.close()
    caller.send(request)
    waiting.register(caller, selectors.EVENT_READ)


def paced(port: int, requests: Iterator[Request], *, per_second: float, seconds: float) -> Timed:
    """Send a request whenever one is due, over as many connections as that takes; await all answers.

    :raises WrongAnswerError: for the first wrong answer.
    """
    took: list[float] = []
    free: list[Caller] = []
    due_at: dict[Caller, float] = {}
    began = time.perf_counter()
    sent, count = 0, round(per_second * seconds)
    with selectors.DefaultSelector() as waiting:
        try:
            while sent < count or due_at:
                due = began + sent / per_second
                now = time.perf_counter()
                if sent < count and due <= now:
                    caller = _taken(free, port)
                    caller.send(next(requests))
                    due_at[caller] = due
                    waiting.register(caller, selectors.EVENT_READ)
                    sent += 1
                    continue
                events = waiting.select(due - now if sent < count else PATIENCE)
                if not events and sent < count:
                    continue
                for caller in answered(events):
                    if caller.receive() is not None:
                        took.append(time.perf_counter() - due_at.pop(caller))
                        waiting.unregister(caller)
                        free.append(caller)
        finally:
            for caller in (*free, *due_at):
                caller.close()
    return Timed(time.perf_counter() - began, tuple(took))


def _taken(free: list[Caller], port: int) -> Caller:
    caller = free.pop() if free else Caller(port)
    if caller.is_last:
        caller.close()
    return caller
