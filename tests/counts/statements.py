"""The statements that reach the database, on PostgreSQL and on SQLite."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from benchmarks.proxy import StatementProxy
from tests.counts.traced_sqlite3 import STATEMENTS
from tests.e2e.databases import Database

PLAN = '"rollout_'
"""Part of the statements that read v1's plan, which a process sends every two seconds in any request."""
LIMIT = "SELECT set_config('statement_timeout'"
"""The beginning of the statement before them, in a transaction of their own on PostgreSQL."""
CONNECTING = "PRAGMA"
"""The first word of the statements on a new SQLite connection; each thread opens one."""


class Log(Protocol):
    """Statements in the order in which they were sent; "" for an empty one."""

    @property
    def statements(self) -> list[str]:
        """The statements since `reset`."""

    def reset(self) -> None:
        """Count from here on."""


@dataclass(frozen=True)
class Counted:
    """A database whose statements are logged."""

    database: Database
    """The database itself, not logged."""
    url: str
    """The URL of the logged database."""
    log: Log
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables that the service needs to write the log."""

    @property
    def statements(self) -> list[str]:
        """The statements of requests since `reset`, including a pool's check of a connection."""
        found: list[str] = []
        is_plan = False
        for one in self.log.statements:
            if one.startswith(LIMIT):
                assert found.pop() == "BEGIN"
                is_plan = True
            elif not is_plan and PLAN not in one and not one.startswith(CONNECTING):
                found.append(one)
            is_plan = is_plan and one != "COMMIT"
        return found

    @property
    def kinds(self) -> list[str]:
        """The first word of each statement; "" for an empty one."""
        return [(one.split() or [""])[0] for one in self.statements]

    def reset(self) -> None:
        """Count from here on."""
        self.log.reset()


@dataclass(frozen=True)
class _Lines:
    """A log in a file that the service writes."""

    path: Path

    @property
    def statements(self) -> list[str]:
        return self.path.read_text(encoding="utf-8").splitlines()

    def reset(self) -> None:
        self.path.write_bytes(b"")


@contextmanager
def counted(database: Database, folder: Path) -> Iterator[Counted]:
    """Log the statements that are sent to a database."""
    if database.vendor == "postgres":
        with StatementProxy(database.url) as proxy:
            yield Counted(database, proxy.url, proxy)
        return
    lines = _Lines(folder / "statements")
    lines.reset()
    yield Counted(database, database.url, lines, {STATEMENTS: str(lines.path)})
