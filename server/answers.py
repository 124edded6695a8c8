"""Sending answers: head and body in one write.

gunicorn's own worker sends the head by itself. A proxy then passes on the head of an answer whose body never comes if
the worker is killed in between, and cannot ask the next server any more.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ECONNRESET
from typing import Any

TIMEOUT = 10.0
"""Seconds in which a client must receive each part of an answer."""
MAX_HELD = 64 * 1024
"""Bytes of an answer that leave together; longer answers leave in several parts."""


class AnswerSocket:
    """A client's socket during one answer: what is sent leaves together when it is flushed."""

    def __init__(self, sock: socket.socket) -> None:
        """Start with nothing to send."""
        self.sock = sock
        self._held: list[bytes] = []
        self._size = 0

    def __getattr__(self, name: str) -> Any:
        """Return the attributes of the socket itself."""
        return getattr(self.sock, name)

    def sendall(self, data: bytes) -> None:
        """Send data, later."""
        self._held.append(data)
        self._size += len(data)
        if self._size > MAX_HELD:
            self.flush()

    def sendfile(self, *args: Any, **kwargs: Any) -> int:
        """Send what is held, and then a file."""
        self.flush()
        with self._within_timeout():
            return self.sock.sendfile(*args, **kwargs)

    def flush(self) -> None:
        """Send what is held.

        :raises ConnectionResetError: the client has not received it in time; for gunicorn, it has closed the
            connection.
        """
        data = memoryview(b"".join(self._held))
        self._held, self._size = [], 0
        try:
            sent = self.sock.send(data, socket.MSG_DONTWAIT) if data else 0
        except BlockingIOError:
            sent = 0
        if sent < len(data):
            with self._within_timeout():
                self.sock.sendall(data[sent:])

    @contextmanager
    def _within_timeout(self) -> Iterator[None]:
        self.sock.settimeout(TIMEOUT)
        try:
            yield
        except TimeoutError as error:
            raise ConnectionResetError(ECONNRESET, "the client has not received the answer in time") from error
        finally:
            self.sock.settimeout(None)
