"""Receiving requests: the poller collects each one, so that no thread waits for a slow client.

gunicorn's own worker reads a request on a thread, without a time limit: as many half-sent requests as there are threads
block all others (docs/threats.md, row 41).
"""

import re
import selectors
import time
from contextlib import suppress
from errno import ECONNRESET
from functools import partial
from socket import MSG_DONTWAIT
from typing import Any

from gunicorn.http.unreader import SocketUnreader  # type: ignore[import-untyped]  # the package has no types

TIMEOUT = 10.0
"""Seconds in which a request must arrive, from the connection or its first byte on. nginx sends a request at once."""
MAX_HEAD = 64 * 1024
"""Bytes of a head; nginx takes 32 KiB."""
MAX_BODY = 64 * 1024
"""Bytes of a body that the poller collects: as many as the APIs accept. A thread refuses or reads longer ones."""
_CHUNK = 64 * 1024
# gunicorn answers a line feed without a carriage return with 400, and would wait for the end of the head forever.
_END_OF_HEAD = re.compile(rb"\r\n\r\n|(?<!\r)\n")
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,5})[ \t]*\r\n", re.IGNORECASE)
_WAITS = re.compile(rb"\r\nexpect:", re.IGNORECASE)
"""The client waits for `100 Continue`, which a thread sends, before it sends the body (RFC 9110 section 10.1.1)."""


class _Request:
    """The bytes of a request so far."""

    def __init__(self, received: bytes) -> None:
        self.received = bytearray(received)
        self.expires_at = time.monotonic() + TIMEOUT
        self._searched = 0
        self._length: int | None = None
        """Bytes of head and body; None until the end of the head has arrived."""

    @property
    def is_too_long(self) -> bool:
        """Whether the head has not ended within the limit."""
        return self._length is None and self._searched > MAX_HEAD

    def is_whole(self) -> bool:
        """Return True if nothing more is to be collected: the rest, if there is any, is for a thread to read."""
        if self._length is None:
            # RFC 9112 section 2.2 allows an empty line before the request line.
            start = max(self._searched - 3, 2 if self.received.startswith(b"\r\n") else 0)
            end = _END_OF_HEAD.search(self.received, start)
            if end is None:
                self._searched = len(self.received)
                return self.is_too_long
            head = self.received[: end.end()]
            length = None if _WAITS.search(head) else _LENGTH.search(head)
            body = int(length[1]) if length else 0
            self._length = end.end() + (body if body <= MAX_BODY else 0)
        return len(self.received) >= self._length


class Arrivals:
    """The connections of a worker whose next request has not arrived. Only the worker's main thread may use it."""

    def __init__(self, worker: Any) -> None:
        """Start without connections.

        :param worker: its `poller` reports what a client sends, its `hand_over` gives a connection to a thread, its
            `refuse` answers that a head is too long, and its `nr_conns` counts the open connections.
        """
        self._worker = worker
        self._waiting: dict[Any, _Request] = {}
        """In the order in which they expire."""

    def __len__(self) -> int:
        """Return the number of connections."""
        return len(self._waiting)

    def add(self, conn: Any) -> None:
        """Hand the connection over once a request has arrived."""
        request = _Request(conn.parser.unreader.take_buffered())
        if request.is_whole() or _receive(conn, request):
            self._hand_over(conn, request)
            return
        self._waiting[conn] = request
        self._worker.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_readable, conn))

    def close_expired(self) -> None:
        """Close the connections whose request has not arrived in time."""
        now = time.monotonic()
        while self._waiting and next(iter(self._waiting.values())).expires_at <= now:
            self.close_oldest()

    def close_oldest(self) -> None:
        """Close the connection that has waited longest, if there is one."""
        if self._waiting:
            conn = next(iter(self._waiting))
            self._remove(conn)
            self._worker.nr_conns -= 1
            conn.close()

    def expire_silent(self, deadline: float) -> None:
        """Close connections that have sent nothing by a moment."""
        for request in self._waiting.values():
            if not request.received:
                request.expires_at = min(request.expires_at, deadline)
        self._waiting = dict(sorted(self._waiting.items(), key=lambda item: item[1].expires_at))

    def _on_readable(self, conn: Any, client: Any) -> None:
        request = self._waiting[conn]
        if _receive(conn, request):
            self._remove(conn)
            self._hand_over(conn, request)

    def _hand_over(self, conn: Any, request: _Request) -> None:
        if request.is_too_long:
            self._worker.refuse(conn)
            return
        conn.parser.unreader.unread(request.received)
        self._worker.hand_over(conn)

    def _remove(self, conn: Any) -> None:
        del self._waiting[conn]
        with suppress(OSError, KeyError, ValueError):
            self._worker.poller.unregister(conn.sock)


def _receive(conn: Any, request: _Request) -> bool:
    """Receive what the client has sent, and return True if the request is whole or the connection has ended."""
    try:
        received = conn.sock.recv(_CHUNK, MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:  # a thread gets the same error, or the end, when it reads the rest
        return True
    request.received += received
    return not received or request.is_whole()


class TimedUnreader(SocketUnreader):
    """gunicorn's reader of a connection, with a time limit for what a thread reads of a request."""

    expires_at = 0.0

    def start(self) -> None:
        """Start the time for the next request."""
        self.expires_at = time.monotonic() + TIMEOUT

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Receive the next bytes.

        :raises ConnectionResetError: the time is over; for gunicorn, the client has closed the connection.
        """
        # Not 0, with which the socket would not even return what has arrived.
        self.sock.settimeout(max(self.expires_at - time.monotonic(), 0.001))
        try:
            received: bytes = super().chunk(size_hint)
        except TimeoutError as error:
            raise ConnectionResetError(ECONNRESET, "the request has not arrived in time") from error
        return received
