"""Receiving requests: the poller collects each one, so that no thread waits for a slow client.

gunicorn's own worker reads a request on a thread, without a time limit: as many half-sent requests as there are threads
block all others (docs/threats.md, row 41).
"""

# mypy: disable-error-code="misc"
# gunicorn has no types: each of its classes is Any.

import re
import selectors
import time
from collections.abc import Callable
from contextlib import suppress
from errno import ECONNRESET
from functools import partial
from socket import MSG_DONTWAIT
from typing import Any

from gunicorn.http.errors import (  # type: ignore[import-untyped]  # the package has no types
    InvalidChunkSize,
    LimitRequestHeaders,
)
from gunicorn.http.unreader import SocketUnreader  # type: ignore[import-untyped]  # the package has no types

from shared.http.redaction import exception_name

TIMEOUT = 10.0
"""Seconds in which a request must arrive, from the connection or its first byte on. nginx sends a request at once."""
MAX_HEAD = 64 * 1024
"""Bytes of a head; nginx takes 32 KiB."""
MAX_BODY = 64 * 1024
"""Bytes of a body that the poller collects: as many as the APIs accept. A thread refuses or reads longer ones."""
MAX_CHUNKED = 4 * MAX_BODY
"""Bytes of a chunked body with its lines."""
_RECEIVED = 64 * 1024
"""Bytes that are received at once."""
# gunicorn answers a line feed without a carriage return with 400, and would wait for the end of the head forever.
_END_OF_HEAD = re.compile(rb"\r\n\r\n|(?<!\r)\n")
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*0*([0-9]{1,5})[ \t]*\r\n", re.IGNORECASE)
# gunicorn reads a body for `gzip, chunked` too.
_IS_CHUNKED = re.compile(rb"\r\ntransfer-encoding:(?:[^\r\n]*,)?[ \t]*chunked[ \t]*\r\n", re.IGNORECASE)
_EXPECTS = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*(?=\r\n)", re.IGNORECASE)
_CHUNK = re.compile(rb"([0-9a-f]{1,20})(?![0-9a-f])[^\r\n]{0,100}\r\n", re.IGNORECASE)
_MAX_CHUNK_LINE = 122
_MAX_TRAILER = 1024
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Request:
    """The bytes of a request so far."""

    def __init__(self, received: bytes) -> None:
        """Start with what was received together with the previous request."""
        self.received = bytearray(received)
        self.expires_at = time.monotonic() + TIMEOUT
        self.must_continue = False
        """Whether the client waits for `100 Continue` before it sends the body (RFC 9110 section 10.1.1)."""
        self.error: Any = None
        """gunicorn's error if the request is refused."""
        self._position = 0
        """How far the head has been searched for its end; then where the body, or its next chunk, begins."""
        self._chunked = 0
        """The bytes of the chunks before that position, without their lines."""
        self._length: int | None = None
        """The length of the body, if the head declares one."""
        # A function rather than a bound method, so that there is no reference cycle.
        self._check: Callable[[Request], bool] = Request._has_head

    def is_whole(self) -> bool:
        """Return True if nothing more is to be collected: the rest, if there is any, is for a thread to read."""
        return self._check(self)

    def _has_head(self) -> bool:
        # RFC 9112 section 2.2 allows an empty line before the request line.
        start = max(self._position - 3, 2 if self.received.startswith(b"\r\n") else 0)
        end = _END_OF_HEAD.search(self.received, start)
        if end is None:
            self._position = len(self.received)
            if self._position > MAX_HEAD:
                self.error = LimitRequestHeaders("the head has no end")
            return self.error is not None
        head = bytes(self.received[: end.end()])
        length, is_chunked = _LENGTH.search(head), _IS_CHUNKED.search(head)
        # gunicorn refuses a malformed head, and the application a long body, before the body has arrived.
        if end[0] == b"\n" or bool(length) == bool(is_chunked) or (length and int(length[1]) > MAX_BODY):
            return True
        self._position = end.end()
        if expects := _EXPECTS.search(head):
            self.must_continue = b" HTTP/1.1\r\n" in head
            # gunicorn would send it again, on the thread that answers.
            del self.received[expects.start() : expects.end()]
            self._position -= expects.end() - expects.start()
        self._length = int(length[1]) if length else None
        self._check = Request._has_body if length else Request._has_chunks
        return self.is_whole()

    def _has_body(self) -> bool:
        return len(self.received) >= self._position + (self._length or 0)

    def _has_chunks(self) -> bool:
        """Return True at the end of the last chunk and its trailer (RFC 9112 section 7.1), or if they are refused."""
        if len(self.received) > MAX_HEAD + MAX_CHUNKED:
            self.error = InvalidChunkSize(b"chunks of so few bytes")
            return True
        while (chunk := _CHUNK.match(self.received, self._position)) is not None:
            size = int(chunk[1], 16)
            if not size:
                # The line that ends the trailer follows the line of the chunk, or the last line of the trailer.
                if self.received.find(b"\r\n\r\n", chunk.end() - 2) >= 0:
                    return True
                if len(self.received) > chunk.end() + _MAX_TRAILER:
                    self.error = LimitRequestHeaders("the trailer has no end")
                return self.error is not None
            end = chunk.end() + size
            if len(self.received) < end + 2:
                return self._chunked + min(size, len(self.received) - chunk.end()) > MAX_BODY
            if self.received[end : end + 2] != b"\r\n":
                return True
            self._position = end + 2
            self._chunked += size
        line = self.received[self._position : self._position + _MAX_CHUNK_LINE]
        # gunicorn would wait for the end of a longer line, and of one that ends with a line feed alone.
        if len(line) == _MAX_CHUNK_LINE or b"\n" in line:
            self.error = InvalidChunkSize(b"no size, or a long line")
        return self._chunked > MAX_BODY or self.error is not None


class Arrivals:
    """The connections of a worker whose next request has not arrived. Only the worker's main thread may use it."""

    def __init__(self, worker: Any) -> None:
        """Start without connections.

        :param worker: its `poller` reports what a client sends, its `hand_over` gives a connection to a thread, its
            `refuse` answers an error, and its `nr_conns` counts the open connections.
        """
        self._worker = worker
        self._waiting: dict[Any, Request] = {}
        """In the order in which they expire."""

    def __len__(self) -> int:
        """Return the number of connections."""
        return len(self._waiting)

    def add(self, conn: Any) -> None:
        """Hand the connection over once a request has arrived."""
        request = Request(conn.parser.unreader.take_buffered())
        if self._has_arrived(conn, request, _is_whole) or self._has_arrived(conn, request, _receive):
            self._hand_over(conn, request)
            return
        self._waiting[conn] = request
        self._worker.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_readable, conn))

    def close_expired(self) -> None:
        """Close the connections whose request has not arrived in time, except where all of it has just arrived."""
        now = time.monotonic()
        while self._waiting:
            conn, request = next(iter(self._waiting.items()))
            if request.expires_at > now:
                return
            if not request.received and self._has_arrived(conn, request, _receive):
                self._remove(conn)
                self._hand_over(conn, request)
            else:
                self.close_oldest()

    def close_oldest(self) -> bool:
        """Close the connection that has waited longest; return False if there is none."""
        if not self._waiting:
            return False
        conn = next(iter(self._waiting))
        self._remove(conn)
        self._worker.nr_conns -= 1
        conn.close()
        return True

    def expire_silent(self, deadline: float) -> None:
        """Close connections that have sent nothing by a moment."""
        for request in self._waiting.values():
            if not request.received:
                request.expires_at = min(request.expires_at, deadline)
        self._waiting = dict(sorted(self._waiting.items(), key=lambda item: item[1].expires_at))

    def _on_readable(self, conn: Any, client: Any) -> None:
        request = self._waiting[conn]
        if self._has_arrived(conn, request, _receive):
            self._remove(conn)
            self._hand_over(conn, request)

    def _has_arrived(self, conn: Any, request: Request, collect: Callable[[Any, Request], bool]) -> bool:
        """Return True if nothing more is to be collected, also after an error, which must not end the worker."""
        try:
            return collect(conn, request)
        except Exception as error:  # noqa: BLE001 - a bug of ours; a thread reads the request instead
            self._worker.log.error("A request was not collected: %s", exception_name(error))  # noqa: TRY400 - no exception text in the log
            return True

    def _hand_over(self, conn: Any, request: Request) -> None:
        if request.error is not None:
            self._worker.refuse(conn, request.error)
            return
        conn.parser.unreader.unread(request.received)
        self._worker.hand_over(conn)

    def _remove(self, conn: Any) -> None:
        del self._waiting[conn]
        with suppress(OSError, KeyError, ValueError):
            self._worker.poller.unregister(conn.sock)


def _receive(conn: Any, request: Request) -> bool:
    """Receive what the client has sent, and return True if the request is whole or the connection has ended."""
    try:
        received = conn.sock.recv(_RECEIVED, MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:  # a thread gets the same error, or the end, when it reads the rest
        return True
    request.received += received
    return not received or _is_whole(conn, request)


def _is_whole(conn: Any, request: Request) -> bool:
    """Return True if the request is whole; otherwise tell a client that waits for it to send the rest."""
    if request.is_whole():
        return True
    if request.must_continue:
        request.must_continue = False
        with suppress(OSError):  # the next receiving gets the same error
            conn.sock.send(_CONTINUE, MSG_DONTWAIT)
    return False


class TimedUnreader(SocketUnreader):
    """gunicorn's reader of a connection, with a time limit for what a thread reads of a request."""

    expires_at = 0.0

    def start(self) -> None:
        """Start the time for the next request."""
        self.expires_at = time.monotonic() + TIMEOUT

    def read(self, size: int | None = None, read_ahead: int | None = None) -> bytes:
        """Read bytes, at most as many as are received at once if the caller names no size.

        For each chunk of a body gunicorn's parser copies all that it has read; all that the poller has collected would
        be copied 53 000 times.
        """
        if size is None and self.buf.getbuffer().nbytes > self.mxchunk:
            size = self.mxchunk
        some: bytes = super().read(size, read_ahead)
        return some

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Receive the next bytes.

        :raises ConnectionResetError: the time is over; for gunicorn, the client has closed the connection.
        """
        with suppress(BlockingIOError):
            at_once: bytes = self.sock.recv(self.mxchunk, MSG_DONTWAIT)
            return at_once
        # Not 0, with which the socket would not wait at all.
        self.sock.settimeout(max(self.expires_at - time.monotonic(), 0.001))
        try:
            received: bytes = super().chunk(size_hint)
        except TimeoutError as error:
            raise ConnectionResetError(ECONNRESET, "the request has not arrived in time") from error
        finally:
            self.sock.settimeout(None)
        return received
