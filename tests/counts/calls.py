"""A way to the providers that counts connections and calls, and can keep answers back until enough are asked for."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPResponse
from urllib.parse import urlsplit

from tests.social.local_provider import LocalProvider, playing

_AT_ONCE_WITHIN = 30.0


@dataclass
class Relay:
    """Passes each call on to the providers, on a connection of its own there."""

    target: tuple[str, int]
    together: int = 1
    """How many calls have to be under way before the first of them is passed on."""
    _under_way: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, connection: socket.socket, request: bytes) -> bool:
        """Answer one request."""
        with self._changed:
            self._under_way += 1
            self._changed.notify_all()
            came = self._changed.wait_for(lambda: self._under_way >= self.together, _AT_ONCE_WITHIN)
        if came:
            connection.sendall(self._passed_on(request))
        return came

    def wait_for_one(self) -> None:
        """Return when a call is kept back."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._under_way >= 1, _AT_ONCE_WITHIN)

    def let_go(self) -> None:
        """Answer what is kept back."""
        with self._changed:
            self.together = 1
            self._changed.notify_all()

    @contextmanager
    def at_once(self, count: int) -> Iterator[None]:
        """Answer no call of the block before so many are waiting."""
        self._under_way, self.together = 0, count
        try:
            yield
        finally:
            self.let_go()

    def _passed_on(self, request: bytes) -> bytes:
        with closing(socket.create_connection(self.target)) as upstream:
            upstream.sendall(request)
            answer = HTTPResponse(upstream)
            answer.begin()
            body = answer.read()
        kept = [f"{name}: {value}" for name, value in answer.getheaders() if name.lower() != "connection"]
        return "\r\n".join([f"HTTP/1.1 {answer.status} {answer.reason}", *kept, "", ""]).encode("latin-1") + body


@dataclass
class Calls:
    """What the providers have seen since `reset`."""

    provider: LocalProvider
    relay: Relay
    _calls_before: int = 0
    _connections_before: int = 0

    @property
    def url(self) -> str:
        """Where they are reached along this way."""
        return self.provider.url

    @property
    def count(self) -> int:
        """How often they were called."""
        return len(self.provider.requests) - self._calls_before

    @property
    def connections(self) -> int:
        """How many connections were accepted."""
        return self.provider.connections - self._connections_before

    def reset(self) -> None:
        """Forget."""
        self._calls_before, self._connections_before = len(self.provider.requests), self.provider.connections


@contextmanager
def counted_calls(url: str) -> Iterator[Calls]:
    """Count what goes to this address while the block runs."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    relay = Relay((parts.hostname, parts.port))
    with playing(relay) as provider:
        yield Calls(provider, relay)
