"""Three services on ports of their own, one database and one Redis, each to be ended and started again."""

import random
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from tests.e2e.databases import Database
from tests.e2e.servers import Service, mortal_service

SIZE = 3
ENDED_WITHIN = 60
_PORTS = range(10_000, 30_000)
"""Below those that the kernel gives to outgoing connections: a port is still free when its service starts again."""


def _unused_port() -> int:
    while True:
        port = random.SystemRandom().choice(_PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("0.0.0.0", port))  # noqa: S104 - the address that the server will bind
            except OSError:
                continue
            return port


@dataclass
class Member:
    """One of the services, or none at this moment."""

    database: Database
    environment: dict[str, str]
    port: int = field(default_factory=_unused_port)
    service: Service | None = None
    _running: ExitStack = field(default_factory=ExitStack)

    @property
    def now(self) -> Service:
        """The service that there is."""
        assert self.service is not None
        return self.service

    def start(self) -> None:
        """Begin to serve, and wait until it answers."""
        starting = mortal_service(None, database_url=self.database.url, PORT=str(self.port), **self.environment)
        self.service = self._running.enter_context(starting)

    def renew(self) -> None:
        """End it as a deployment does, then start the next one in its place."""
        self.now.process.send_signal(signal.SIGTERM)
        assert self.now.process.wait(ENDED_WITHIN) == 0
        self.end()
        self.start()

    def end(self) -> None:
        """Clear away what there is, dead or alive."""
        self._running.close()
        self.service = None


@contextmanager
def running_fleet(database: Database, environment: dict[str, str]) -> Iterator[list[Member]]:
    """Run three at once."""
    members = [Member(database, environment) for _ in range(SIZE)]
    with ExitStack() as kept:
        for member in members:
            kept.callback(member.end)
        with ThreadPoolExecutor(SIZE) as starting:
            list(starting.map(Member.start, members))
        yield members
