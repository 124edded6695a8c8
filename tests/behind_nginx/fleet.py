"""Three services on their own ports with one database and one Redis; each can be ended and started again."""

import random
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from tests.e2e.databases import Database
from tests.e2e.servers import Service, killable_service

SIZE = 3
ENDED_WITHIN = 60
_PORTS = range(10_000, 30_000)
"""Below the kernel's range for outgoing connections, so that a port is still free when its service restarts."""


def _unused_port() -> int:
    while True:
        port = random.SystemRandom().choice(_PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


@dataclass
class Member:
    """One of the services; it may be stopped."""

    database: Database
    environment: dict[str, str]
    port: int = field(default_factory=_unused_port)
    service: Service | None = None
    _running: ExitStack = field(default_factory=ExitStack)

    @property
    def now(self) -> Service:
        """The running service."""
        assert self.service is not None
        return self.service

    def start(self) -> None:
        """Start the service and wait until it answers."""
        starting = killable_service(None, database_url=self.database.url, PORT=str(self.port), **self.environment)
        self.service = self._running.enter_context(starting)

    def restart(self) -> None:
        """Stop the service as a deployment does, then start it again."""
        self.now.process.send_signal(signal.SIGTERM)
        assert self.now.process.wait(ENDED_WITHIN) == 0
        self.end()
        self.start()

    def end(self) -> None:
        """End the service if it runs, and remove its files."""
        self._running.close()
        self.service = None


@contextmanager
def running_fleet(database: Database, environment: dict[str, str]) -> Iterator[list[Member]]:
    """Run three services."""
    members = [Member(database, environment) for _ in range(SIZE)]
    with ExitStack() as kept:
        for member in members:
            kept.callback(member.end)
        with ThreadPoolExecutor(SIZE) as starting:
            list(starting.map(Member.start, members))
        yield members
