"""Lingering close (RFC 9112 section 9.6): read from a half-closed connection until the client closes its side.

A connection that is closed at once, with data of the client's unread, is reset, and the client may lose the last
response. gunicorn's own `close_graceful` waits up to two seconds for each client, on the thread that accepts.
"""

import selectors
import socket
import time
from collections import deque
from contextlib import suppress
from functools import partial
from typing import Any

TIMEOUT = 2.0
"""Seconds that a client has to close its side."""
MAX_DISCARDED = 1024 * 1024
"""Bytes that are read and discarded at most, such as the rest of a request body that was too large."""
_CHUNK = 64 * 1024


class LingeringClose:
    """The half-closed connections of a worker. Only the worker's main thread may use it."""

    def __init__(self, worker: Any) -> None:
        """Start without connections.

        :param worker: its `poller` reports what a client sends, and its `nr_conns` counts the open connections.
        """
        self._worker = worker
        self._lingering: deque[Any] = deque()

    def begin(self, conn: Any) -> None:
        """Close the sending side, and wait for the client to close its own."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
            self._worker.poller.register(conn.sock, selectors.EVENT_READ, partial(self._discard, conn))
        except (OSError, ValueError):  # the client has closed, or the socket is closed already
            self._close(conn)
            return
        conn.timeout, conn.left = time.monotonic() + TIMEOUT, MAX_DISCARDED
        self._lingering.append(conn)

    def close_expired(self) -> None:
        """Close the connections whose timeout has passed."""
        now = time.monotonic()
        while self._lingering and self._lingering[0].timeout <= now:
            self._end(self._lingering[0])

    def close_oldest(self) -> bool:
        """Close the connection that has waited longest; return False if there is none."""
        if not self._lingering:
            return False
        self._end(self._lingering[0])
        return True

    def _discard(self, conn: Any, client: Any) -> None:
        try:
            received = len(client.recv(_CHUNK))
        except BlockingIOError:
            return
        except OSError:
            received = 0
        conn.left -= received
        if not received or conn.left < 0:
            self._end(conn)

    def _end(self, conn: Any) -> None:
        self._lingering.remove(conn)
        with suppress(OSError, KeyError, ValueError):
            self._worker.poller.unregister(conn.sock)
        self._close(conn)

    def _close(self, conn: Any) -> None:
        self._worker.nr_conns -= 1
        conn.close()
