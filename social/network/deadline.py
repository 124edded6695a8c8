"""One deadline for all provider calls of a sign-up, slow headers and bodies included.

A socket timeout bounds one read: with `timeout=1` and a header byte every half second, a call took 6 s. The reader
under `http.client` therefore sets the socket's timeout to the remaining time before each read. The deadline does not
cover name resolution, which has limits of its own.
"""

import io
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http.client import HTTPResponse
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

_ends_at: ContextVar[float | None] = ContextVar("provider_deadline", default=None)
DEFAULT_TIMEOUT = 10.0


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Set the deadline of all provider calls made in the context."""
    reset = _ends_at.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(reset)


def remaining() -> float:
    """Return the seconds until the deadline.

    :raises TimeoutError: the deadline has passed.
    """
    ends_at = _ends_at.get()
    if ends_at is None:
        return DEFAULT_TIMEOUT
    left = ends_at - time.monotonic()
    if left <= 0:
        raise TimeoutError("the deadline of the sign-up has passed")
    return left


class _Reader(io.RawIOBase):
    """The bytes of one response; each read times out at the deadline."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        # makefile keeps the socket open if the connection closes it before the response is read.
        self._raw: io.RawIOBase = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        self._sock.settimeout(remaining())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class NegativeSizeError(Exception):
    """A chunk of a response declares a negative size."""


class _Buffered(io.BufferedReader):
    def read(self, size: int | None = -1, /) -> bytes:
        """Read `size` bytes; reject a negative size, at which `http.client` would read to the end of the stream."""
        if size is None or size < 0:
            raise NegativeSizeError
        return super().read(size)


class _Source:
    """The part of a socket that `http.client` reads a response from."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, mode: str) -> io.BufferedReader:
        return _Buffered(_Reader(self._sock))


class _DeadlineResponse(HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(_Source(sock), *args, **kwargs)  # type: ignore[arg-type]  # it uses makefile only


class DeadlineConnection(HTTPConnection):
    """A connection that connects and reads within the deadline."""

    response_class = _DeadlineResponse

    def _new_conn(self) -> socket.socket:
        """Connect to the first address that accepts; urllib3 would allow each address the whole timeout."""
        try:
            addresses = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        failure: OSError = OSError("no address")
        for family, kind, protocol, _, address in addresses:
            sock = socket.socket(family, kind, protocol)
            try:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.settimeout(remaining())
                sock.connect(address)
            except TimeoutError as error:
                sock.close()
                raise ConnectTimeoutError(self, "the connection was not made before the deadline") from error
            except OSError as error:
                sock.close()
                failure = error
            else:
                return sock
        raise NewConnectionError(self, "no address of the host accepted a connection") from failure


class DeadlineTLSConnection(DeadlineConnection, HTTPSConnection):
    """The same over TLS; the ssl module applies the socket's timeout to the whole handshake."""
