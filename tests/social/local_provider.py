"""A provider on a real socket of this process that answers with the test's handler and counts connections."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Handler = Callable[[socket.socket, bytes], bool]
"""Answers one request on the connection; returns True if the connection stays open."""


class LocalProvider:
    """A local provider with the number of connections and the head and body of each request."""

    def __init__(self, handler: Handler) -> None:
        self.connections = 0
        self.requests: list[bytes] = []
        self._handler = handler
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def serve(self) -> None:
        """Accept connections until the listener is closed."""
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._handle, args=[connection], daemon=True).start()

    def close(self) -> None:
        """Close the listener and all connections."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            connection.close()

    def _handle(self, connection: socket.socket) -> None:
        with connection:
            try:
                while (request := _read_request(connection)) is not None:
                    self.requests.append(request)
                    if not self._handler(connection, request):
                        return
            except OSError:
                return  # The client has closed the connection, or the test has ended.


def answer(status: str, body: bytes = b"", *headers: str) -> Handler:
    """Return a handler that gives the same answer to every request."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    whole = "\r\n".join(lines).encode() + body

    def handler(connection: socket.socket, request: bytes) -> bool:
        connection.sendall(whole)
        return True

    return handler


@contextmanager
def serving(handler: Handler) -> Iterator[LocalProvider]:
    """Serve until the end of the context."""
    provider = LocalProvider(handler)
    thread = threading.Thread(target=provider.serve, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider.close()
        thread.join(5)


def _read_request(connection: socket.socket) -> bytes | None:
    data = b""
    while b"\r\n\r\n" not in data:
        if not (part := connection.recv(65536)):
            return None
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
