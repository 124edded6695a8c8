"""What reaches the database, on PostgreSQL and on SQLite, whoever sends it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from benchmarks.proxy import StatementProxy
from tests.counts.traced_sqlite3 import STATEMENTS
from tests.e2e.databases import Database

NOW_AND_THEN = '"rollout_'
"""In the text of what a process asks by itself: v1's plan, every two seconds, by whichever request comes then."""
OPENING = "PRAGMA"
"""How SQLite's statements on a new connection begin; each thread opens one, once."""


class Log(Protocol):
    """Statements in the order in which they were sent, "" for an empty one."""

    @property
    def statements(self) -> list[str]:
        """All since `reset`."""

    def reset(self) -> None:
        """Forget."""


@dataclass(frozen=True)
class Counted:
    """A database whose statements are written down."""

    database: Database
    """The way past the log."""
    url: str
    """The way along it."""
    log: Log
    environment: Mapping[str, str] = field(default_factory=dict)
    """What the service needs besides for the log to be written."""

    @property
    def statements(self) -> list[str]:
        """Those since `reset` that calls cost; a pool's question whether a connection is alive would be one of them."""
        return [one for one in self.log.statements if NOW_AND_THEN not in one and not one.startswith(OPENING)]

    @property
    def kinds(self) -> list[str]:
        """The first word of each, "" for an empty one."""
        return [(one.split() or [""])[0] for one in self.statements]

    def reset(self) -> None:
        """Forget."""
        self.log.reset()


@dataclass(frozen=True)
class _Lines:
    """A file that the service writes to."""

    place: Path

    @property
    def statements(self) -> list[str]:
        return self.place.read_text(encoding="utf-8").splitlines()

    def reset(self) -> None:
        self.place.write_bytes(b"")


@contextmanager
def counted(database: Database, folder: Path) -> Iterator[Counted]:
    """Put a log before a database."""
    if database.vendor == "postgres":
        with StatementProxy(database.url) as proxy:
            yield Counted(database, proxy.url, proxy)
        return
    lines = _Lines(folder / "statements")
    lines.reset()
    yield Counted(database, database.url, lines, {STATEMENTS: str(lines.place)})
