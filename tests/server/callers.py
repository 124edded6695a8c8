"""Clients that send requests without a pause over bare sockets, and the outcome of each request."""

import select
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse

TIMEOUT = 60
"""Seconds; longer than anything that these tests wait for."""


@dataclass
class Calls:
    """The outcomes so far."""

    statuses: Counter[int] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    """Errors of calls that were sent on an established connection and not answered."""
    refused: int = 0
    """Refused connections: nothing was sent, and a client may try another server."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def wait_for(self, more: int) -> None:
        """Wait until so many more calls have been answered."""
        until, before = time.monotonic() + TIMEOUT, self.statuses.total()
        while self.statuses.total() < before + more:
            assert time.monotonic() < until, f"calls are no longer answered: {self}"
            time.sleep(0.01)


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """Return the bytes of a request; a keyword `Content_Type` becomes the header `Content-Type`."""
    named = {"Host": "localhost", **{name.replace("_", "-"): value for name, value in headers.items()}}
    if body:
        named.setdefault("Content-Length", str(len(body)))
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def read(connection: socket.socket) -> tuple[int, bool]:
    """Read a response; return its status, and whether the server closes the connection after it."""
    response = HTTPResponse(connection)
    response.begin()
    response.read()
    return response.status, response.will_close


@contextmanager
def calling(address: tuple[str, int], sent: bytes, *, callers: int, kept: bool = True) -> Iterator[Calls]:
    """Send the request repeatedly from so many clients until the end of the block.

    :param kept: clients reuse their connection until the server closes it; otherwise each call opens one.
    """
    calls, stopped = Calls(), threading.Event()

    def call() -> None:
        connection: socket.socket | None = None
        while not stopped.is_set():
            connection = _usable(connection) or _connected(address, calls)
            if connection is None:
                continue
            try:
                connection.sendall(sent)
                status, closes = read(connection)
            except (OSError, HTTPException) as error:
                with calls.lock:
                    calls.lost.append(repr(error))
                closes = True
            else:
                with calls.lock:
                    calls.statuses[status] += 1
            if closes or not kept:
                connection.close()
                connection = None
        if connection is not None:
            connection.close()

    with ThreadPoolExecutor(callers) as pool:
        running = [pool.submit(call) for _ in range(callers)]
        try:
            yield calls
        finally:
            stopped.set()
    for one in running:
        one.result()


def _usable(connection: socket.socket | None) -> socket.socket | None:
    """Return the connection unless the server has closed it; HTTP clients check this before they reuse one."""
    if connection is not None and select.select([connection], [], [], 0)[0]:
        connection.close()
        return None
    return connection


def _connected(address: tuple[str, int], calls: Calls) -> socket.socket | None:
    with suppress(OSError):
        return socket.create_connection(address, timeout=TIMEOUT)
    with calls.lock:
        calls.refused += 1
    time.sleep(0.02)
    return None
