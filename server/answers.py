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
MAX_BUFFERED = 64 * 1024
"""Bytes of an answer that leave together; longer answers leave in several parts."""


class AnswerSocket:
    """A client's socket during one answer: it buffers what is sent, until it is flushed."""

    def __init__(self, sock: socket.socket) -> None:
        """Start with an empty buffer."""
        self.sock = sock
        self._buffered: list[bytes] = []
        self._size = 0

    def __getattr__(self, name: str) -> Any:
        """Return the attributes of the socket itself."""
        return getattr(self.sock, name)

    def sendall(self, data: bytes) -> None:
        """Add bytes to the buffer."""
        self._buffered.append(data)
        self._size += len(data)
        if self._size > MAX_BUFFERED:
            self.flush()

    def sendfile(self, *args: Any, **kwargs: Any) -> int:
        """Send the buffered bytes, and then a file."""
        self.flush()
        with self._within_timeout():
            return self.sock.sendfile(*args, **kwargs)

    def flush(self) -> None:
        """Send the buffered bytes.

        :raises ConnectionResetError: the client has not received them in time; for gunicorn, it has closed the
            connection.
        """
        data = memoryview(b"".join(self._buffered))
        self._buffered, self._size = [], 0
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
