"""Connections that are over on our side: the client is given the time to read what we have said.

Closed at once, with something of the client's unread, a connection is reset, and the last answer may be lost on its
way (RFC 9112 section 9.6). gunicorn waits for each client in turn, up to two seconds, and serves nobody meanwhile.
"""

import selectors
import socket
import time
from collections import deque
from contextlib import suppress
from functools import partial
from typing import Any

PATIENCE = 2.0
"""Seconds in which the client is to close its side."""
THROWN_AWAY = 1024 * 1024
"""Bytes that are read meanwhile: the rest of a body that was too large."""
_AT_ONCE = 64 * 1024


class Farewells:
    """The connections of a worker that wait for their clients to close; on the worker's main thread alone."""

    def __init__(self, worker: Any) -> None:
        """Begin with none.

        :param worker: whose `poller` tells that a client has said something, and whose `nr_conns` counts them.
        """
        self._worker = worker
        self._waiting: deque[Any] = deque()

    def say(self, conn: Any) -> None:
        """End the sending side, and wait for the client to end its own."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
            self._worker.poller.register(conn.sock, selectors.EVENT_READ, partial(self._hear, conn))
        except (OSError, ValueError):  # the client has gone, or is closed already
            self._close(conn)
            return
        conn.timeout, conn.left = time.monotonic() + PATIENCE, THROWN_AWAY
        self._waiting.append(conn)

    def end(self) -> None:
        """Close those who have waited long enough."""
        now = time.monotonic()
        while self._waiting and self._waiting[0].timeout <= now:
            self._forget(self._waiting[0])

    def _hear(self, conn: Any, client: Any) -> None:
        try:
            heard = len(client.recv(_AT_ONCE))
        except BlockingIOError:
            return
        except OSError:
            heard = 0
        conn.left -= heard
        if not heard or conn.left < 0:
            self._forget(conn)

    def _forget(self, conn: Any) -> None:
        self._waiting.remove(conn)
        with suppress(OSError, KeyError, ValueError):
            self._worker.poller.unregister(conn.sock)
        self._close(conn)

    def _close(self, conn: Any) -> None:
        self._worker.nr_conns -= 1
        conn.close()
