"""Load over raw sockets: sequential, concurrent, and at a fixed rate.

Raw sockets, because the client shares the machine's cores with the server that is measured.
"""

import itertools
import re
import selectors
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

TIMEOUT = 60
"""Seconds to wait for a response."""
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_CODE = re.compile(rb'"code": ?"([a-z_]+)"')


class UnexpectedResponseError(Exception):
    """A response has another status or body than expected, or there is none; the measurement is invalid."""


@dataclass(frozen=True, slots=True)
class Request:
    """The bytes to send, and the response to expect."""

    data: bytes
    statuses: frozenset[int]
    contains: bytes = b""


class Connection:
    """A kept-alive connection to a server on this machine, reopened after the server has announced to close it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None
        self._received = b""
        self._request: Request | None = None
        self._began = 0.0
        self._server_closes = False
        self.body = b""
        """Body of the last response."""
        self.outcome = ""
        """Status of the last response, with the code of an error: `201`, `503 service_unavailable`."""

    def fileno(self) -> int:
        """Return the file descriptor, for a selector."""
        if self._socket is None:
            raise ValueError("not connected")
        return self._socket.fileno()

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def send(self, request: Request) -> None:
        """Send a request; connect first where necessary.

        :raises UnexpectedResponseError: the server does not accept it.
        """
        if self._server_closes:
            self.close()
        try:
            if self._socket is None:
                self._socket = socket.create_connection(("127.0.0.1", self._port), TIMEOUT)
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._server_closes = False
            self._request, self._received, self._began = request, b"", time.perf_counter()
            self._socket.sendall(request.data)
        except OSError as error:
            raise UnexpectedResponseError(f"the server does not accept the request: {error}") from error

    def receive(self) -> float | None:
        """Read once; return the seconds since the request was sent if the response is now complete, else None.

        :raises UnexpectedResponseError: the status or the body is not as expected, or the response is cut off.
        """
        if self._socket is None or self._request is None:
            raise ValueError("no request was sent")
        try:
            part = self._socket.recv(65536)
        except OSError as error:
            raise UnexpectedResponseError(f"the connection broke: {error}") from error
        self._received += part
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if separator and _is_complete(head, body):
            _check(self._request, head, body)
            self.body = body
            code = _CODE.search(body) if int(head[9:12]) >= 400 else None
            self.outcome = " ".join(part.decode("ascii") for part in (head[9:12], code and code[1]) if part)
            self._server_closes = _CLOSES.search(head) is not None
            return time.perf_counter() - self._began
        if not part:
            raise UnexpectedResponseError(f"the server closed the connection after {self._received[:1000]!r}")
        return None

    def exchange(self, request: Request) -> float:
        """Send a request, wait for the response, and return the seconds it took.

        :raises UnexpectedResponseError: as `receive`.
        """
        self.send(request)
        while (duration := self.receive()) is None:
            pass
        return duration


def _check(request: Request, head: bytes, body: bytes) -> None:
    if int(head[9:12]) not in request.statuses or request.contains not in body:
        expected = f"{sorted(request.statuses)} with {request.contains!r}"
        raise UnexpectedResponseError(f"expected {expected}: {head!r} {body[:2000]!r}")


def _is_complete(head: bytes, body: bytes) -> bool:
    if found := _LENGTH.search(head):
        return len(body) >= int(found[1])
    return body.endswith(b"0\r\n\r\n") if _CHUNKED.search(head) else head[9:12] == b"204"


@dataclass(frozen=True, slots=True)
class Load:
    """The times of a load that was sent, in seconds."""

    seconds: float
    """From the first request to the last response."""
    durations: tuple[float, ...]
    """Of each request."""
    finished_at: tuple[float, ...] = ()
    """When each response came, since the beginning."""
    busy: float = 0.0
    """How long all connections had a request in progress."""
    outcomes: tuple[str, ...] = ()
    """Of each response, as `Connection.outcome`."""

    @property
    def per_second(self) -> float:
        """Return the throughput while all connections were busy, without the first quarter of that time."""
        begin = self.busy / 4
        responses = sum(begin < at <= self.busy for at in self.finished_at)
        return responses / (self.busy - begin) if responses else len(self.durations) / self.seconds


def send_in_sequence(
    port: int, requests: Iterator[Request], *, count: int, at_least: int = 1, seconds: float = TIMEOUT
) -> Load:
    """Send requests one after the other on one connection, until `count` are sent or the time is over.

    :param at_least: how many to send even when the time is over.
    :raises UnexpectedResponseError: at the first unexpected response.
    """
    connection, durations = Connection(port), list[float]()
    began = time.perf_counter()
    try:
        while len(durations) < count and (len(durations) < at_least or time.perf_counter() - began < seconds):
            durations.append(connection.exchange(next(requests)))
    finally:
        connection.close()
    return Load(time.perf_counter() - began, tuple(durations))


def send_concurrently(port: int, requests: Iterator[Request], *, connections: int, count: int, seconds: float) -> Load:
    """Keep a number of connections busy, until `count` requests are sent, none are left or the time is over.

    :raises UnexpectedResponseError: at the first unexpected response.
    """
    remaining = itertools.islice(requests, count)
    opened = [Connection(port) for _ in range(connections)]
    durations, finished_at, outcomes, busy = list[float](), list[float](), list[str](), 0.0
    began = time.perf_counter()
    with selectors.DefaultSelector() as selector:
        try:
            for connection, request in zip(opened, itertools.islice(remaining, connections), strict=False):
                connection.send(request)
                selector.register(connection, selectors.EVENT_READ)
            while selector.get_map():
                for connection in _readable(selector.select(TIMEOUT)):
                    if (duration := connection.receive()) is None:
                        continue
                    durations.append(duration)
                    finished_at.append(time.perf_counter() - began)
                    outcomes.append(connection.outcome)
                    selector.unregister(connection)
                    following = next(remaining, None) if finished_at[-1] < seconds else None
                    if following is None:
                        busy = busy or finished_at[-1]
                    else:
                        connection.send(following)
                        selector.register(connection, selectors.EVENT_READ)
        finally:
            for connection in opened:
                connection.close()
    return Load(time.perf_counter() - began, tuple(durations), tuple(finished_at), busy, tuple(outcomes))


def send_at_rate(port: int, requests: Iterator[Request], *, per_second: float, seconds: float) -> Load:
    """Send requests at a fixed rate, whatever the server does, on as many connections as that takes.

    Durations count from when a request was due, so that a delay of the server shows in all requests it holds up.

    :raises UnexpectedResponseError: at the first unexpected response.
    """
    durations: list[float] = []
    free: list[Connection] = []
    due_at: dict[Connection, float] = {}
    began = time.perf_counter()
    sent, count = 0, round(per_second * seconds)
    with selectors.DefaultSelector() as selector:
        try:
            while sent < count or due_at:
                due = began + sent / per_second
                now = time.perf_counter()
                if sent < count and due <= now:
                    connection = free.pop() if free else Connection(port)
                    connection.send(next(requests))
                    due_at[connection] = due
                    selector.register(connection, selectors.EVENT_READ)
                    sent += 1
                    continue
                events = selector.select(due - now if sent < count else TIMEOUT)
                if not events and sent < count:
                    continue
                for connection in _readable(events):
                    if connection.receive() is not None:
                        durations.append(time.perf_counter() - due_at.pop(connection))
                        selector.unregister(connection)
                        free.append(connection)
        finally:
            for connection in (*free, *due_at):
                connection.close()
    return Load(time.perf_counter() - began, tuple(durations))


def _readable(events: list[tuple[selectors.SelectorKey, int]]) -> list[Connection]:
    if not events:
        raise UnexpectedResponseError(f"no response within {TIMEOUT} s")
    return [cast(Connection, key.fileobj) for key, _ in events]
