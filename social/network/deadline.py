"""One deadline for all provider calls of a sign-up, slow headers and bodies included.

A socket timeout bounds one read; a provider that sends a byte now and then never meets it. So each read
here gets what is left of the whole: the reader under `http.client` sets the socket's timeout anew before it
reads. Name resolution is outside (the resolver has its own limits).
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
WITHOUT_A_DEADLINE = 10.0


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Bound all provider calls made inside, together."""
    reset = _ends_at.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(reset)


def remaining() -> float:
    """Give the seconds left.

    :raises TimeoutError: when none are.
    """
    ends_at = _ends_at.get()
    if ends_at is None:
        return WITHOUT_A_DEADLINE
    left = ends_at - time.monotonic()
    if left <= 0:
        raise TimeoutError("the deadline of the sign-up has passed")
    return left


class _Reader(io.RawIOBase):
    """The bytes of one answer; each read may take no longer than what is left."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        # Through makefile, which keeps the socket open when the connection lets go of it early.
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
    """An answer says that less than nothing follows."""


class _Buffered(io.BufferedReader):
    def read(self, size: int | None = -1, /) -> bytes:
        """Read so much; a chunk of -1 byte would have everything read that comes."""
        if size is None or size < 0:
            raise NegativeSizeError
        return super().read(size)


class _Source:
    """What `http.client` reads an answer from."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, mode: str) -> io.BufferedReader:
        return _Buffered(_Reader(self._sock))


class _DeadlineResponse(HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(_Source(sock), *args, **kwargs)  # type: ignore[arg-type]  # only makefile is used of it


class DeadlineConnection(HTTPConnection):
    """A connection whose connecting and reading keep to the deadline."""

    response_class = _DeadlineResponse

    def _new_conn(self) -> socket.socket:
        """Connect to the first address that answers; urllib3 would give each address the whole timeout."""
        try:
            addresses = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        refusal: OSError = OSError("no address")
        for family, kind, protocol, _, address in addresses:
            sock = socket.socket(family, kind, protocol)
            try:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.settimeout(remaining())
                sock.connect(address)
            except TimeoutError as error:
                sock.close()
                raise ConnectTimeoutError(self, "connecting took too long") from error
            except OSError as error:
                sock.close()
                refusal = error
            else:
                return sock
        raise NewConnectionError(self, "no address of the host could be connected to") from refusal


class DeadlineTLSConnection(DeadlineConnection, HTTPSConnection):
    """The same over TLS; a handshake counts against the deadline too (the ssl module keeps a timeout as a whole)."""
