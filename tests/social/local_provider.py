"""A provider on a real socket of this process, which answers as a test says and counts connections."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Play = Callable[[socket.socket, bytes], bool]
"""Answers one request on the connection; says whether the connection stays open."""


class LocalProvider:
    """What it has seen: the connections, and the head and body of each request."""

    def __init__(self, play: Play) -> None:
        self.connections = 0
        self.requests: list[bytes] = []
        self._play = play
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
            threading.Thread(target=self._attend, args=[connection], daemon=True).start()

    def close(self) -> None:
        """Hang up on everyone."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            connection.close()

    def _attend(self, connection: socket.socket) -> None:
        with connection:
            try:
                while (request := _read_request(connection)) is not None:
                    self.requests.append(request)
                    if not self._play(connection, request):
                        return
            except OSError:
                return  # the client has left, or the test is over


def answer(status: str, body: bytes = b"", *headers: str) -> Play:
    """Answer each request alike."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    whole = "\r\n".join(lines).encode() + body

    def play(connection: socket.socket, request: bytes) -> bool:
        connection.sendall(whole)
        return True

    return play


@contextmanager
def playing(play: Play) -> Iterator[LocalProvider]:
    """Serve for the time of a test."""
    provider = LocalProvider(play)
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
