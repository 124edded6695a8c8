"""One connection to a candidate, and what may come back on it."""

import re
import socket
import time
from dataclasses import dataclass

PATIENCE = 60
"""Seconds that an answer may take."""
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


class WrongAnswerError(Exception):
    """An answer that is not the expected one: nothing that was measured around it counts."""


@dataclass(frozen=True, slots=True)
class Request:
    """The bytes to send, and what must come back."""

    sent: bytes
    statuses: frozenset[int]
    contains: bytes = b""


class Caller:
    """One connection, kept; opened anew where the server has closed it between two requests."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None
        self._received = b""
        self._request: Request | None = None
        self._began = 0.0
        self.is_last = False
        """The server will hang up: `close` before the next request."""
        self.body = b""
        """Of the last answer."""

    def fileno(self) -> int:
        """Give what a selector waits for."""
        if self._socket is None:
            raise ValueError("it is not connected")
        return self._socket.fileno()

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def send(self, request: Request) -> None:
        """Send a request.

        :raises WrongAnswerError: nobody takes it.
        """
        try:
            if self._socket is None:
                self._socket = socket.create_connection(("127.0.0.1", self._port), PATIENCE)
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.is_last = False
            self._request, self._received, self._began = request, b"", time.perf_counter()
            self._socket.sendall(request.sent)
        except OSError as error:
            raise WrongAnswerError(f"nobody takes the request: {error}") from error

    def receive(self) -> float | None:
        """Read what there is; give the seconds that the request has taken once its answer is whole.

        :raises WrongAnswerError: for another status or body than expected, or none.
        """
        if self._socket is None or self._request is None:
            raise ValueError("nothing was asked")
        try:
            part = self._socket.recv(65536)
        except OSError as error:
            raise WrongAnswerError(f"the connection broke: {error}") from error
        self._received += part
        head, gap, body = self._received.partition(b"\r\n\r\n")
        if gap and _is_whole(head, body):
            _check(self._request, head, body)
            self.body = body
            self.is_last = _CLOSES.search(head) is not None
            return time.perf_counter() - self._began
        if not part:
            raise WrongAnswerError(f"the server hung up after {self._received[:1000]!r}")
        return None

    def ask(self, request: Request) -> float:
        """Send a request and wait for its answer; give the seconds it took.

        :raises WrongAnswerError: as `receive`.
        """
        if self.is_last:
            self.close()
        self.send(request)
        while (took := self.receive()) is None:
            pass
        return took


def _check(request: Request, head: bytes, body: bytes) -> None:
    if int(head[9:12]) not in request.statuses or request.contains not in body:
        wanted = f"{sorted(request.statuses)} with {request.contains!r}"
        raise WrongAnswerError(f"expected {wanted}: {head!r} {body[:2000]!r}")


def _is_whole(head: bytes, body: bytes) -> bool:
    if found := _LENGTH.search(head):
        return len(body) >= int(found[1])
    return body.endswith(b"0\r\n\r\n") if _CHUNKED.search(head) else head[9:12] == b"204"
