"""A relay to the sandbox providers that counts connections and calls, and can hold calls until several have come."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPResponse
from urllib.parse import urlsplit

from tests.social.local_provider import LocalProvider, serving

_TIMEOUT = 30.0


@dataclass
class Relay:
    """Forwards each call to the sandbox on a new connection."""

    target: tuple[str, int]
    hold_until: int = 1
    """How many calls must have come before the first is forwarded."""
    _received: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, connection: socket.socket, request: bytes) -> bool:
        """Answer a request; return whether enough calls came in time."""
        with self._changed:
            self._received += 1
            self._changed.notify_all()
            enough = self._changed.wait_for(lambda: self._received >= self.hold_until, _TIMEOUT)
        if enough:
            connection.sendall(self._forward(request))
        return enough

    def wait_for_call(self) -> None:
        """Return when a call has come."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._received >= 1, _TIMEOUT)

    def release(self) -> None:
        """Forward the held calls."""
        with self._changed:
            self.hold_until = 1
            self._changed.notify_all()

    @contextmanager
    def hold(self, count: int) -> Iterator[None]:
        """Hold the calls of the block until this number has come."""
        self._received, self.hold_until = 0, count
        try:
            yield
        finally:
            self.release()

    def _forward(self, request: bytes) -> bytes:
        with closing(socket.create_connection(self.target)) as upstream:
            upstream.sendall(request)
            answer = HTTPResponse(upstream)
            answer.begin()
            body = answer.read()
        headers = [f"{name}: {value}" for name, value in answer.getheaders() if name.lower() != "connection"]
        return "\r\n".join([f"HTTP/1.1 {answer.status} {answer.reason}", *headers, "", ""]).encode("latin-1") + body


@dataclass
class Calls:
    """The calls and connections of the providers since `reset`."""

    provider: LocalProvider
    relay: Relay
    _calls_before: int = 0
    _connections_before: int = 0

    @property
    def url(self) -> str:
        """The URL of the relay."""
        return self.provider.url

    @property
    def count(self) -> int:
        """The number of calls."""
        return len(self.provider.requests) - self._calls_before

    @property
    def connections(self) -> int:
        """The number of accepted connections."""
        return self.provider.connections - self._connections_before

    def reset(self) -> None:
        """Count from here on."""
        self._calls_before, self._connections_before = len(self.provider.requests), self.provider.connections


@contextmanager
def counted_calls(url: str) -> Iterator[Calls]:
    """Count the calls to a URL that go through the relay in the block."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    relay = Relay((parts.hostname, parts.port))
    with serving(relay) as provider:
        yield Calls(provider, relay)
