"""Equal states: all that the database holds, taken and put back, ids to come included.

A world is a copy of the database (SQLite's own backup, `sqlite_sequence` with it). Before a step it is put in
place, after it it is taken again: so each API has a world of its own, each commit is a real one, and the next row
gets the same id in all worlds.
"""

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection

_TABLES = (
    "auth_user",
    "social_auth_usersocialauth",
    "social_accesstoken",
    "social_auth_partial",
    "social_auth_code",
    "social_auth_nonce",
    "social_auth_association",
)
Rows = dict[str, list[dict[str, Any]]]


class World:
    """A state of the database that nobody else sees."""

    def __init__(self, like: "World | None" = None) -> None:
        """Copy another world, or what the database holds now."""
        self._kept = sqlite3.connect(":memory:")
        if like is None:
            _raw().backup(self._kept)
        else:
            self.become(like)

    def become(self, other: "World") -> None:
        """Become like another one."""
        other._kept.backup(self._kept)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Put it in place for one step, and keep what the step has made of it."""
        assert not connection.in_atomic_block, "an open transaction would be lost"
        self._kept.backup(_raw())
        yield
        assert not connection.in_atomic_block, "the step has left a transaction open"
        _raw().backup(self._kept)

    def rows(self) -> Rows:
        """Give all rows, what is new each time put in one form."""
        return rows_of(self._kept)

    def close(self) -> None:
        """Forget it."""
        self._kept.close()


def rows_of(database: sqlite3.Connection) -> Rows:
    """Give all rows of a database, what is new each time put in one form."""
    database.row_factory = sqlite3.Row
    return {
        table: [_comparable(table, dict(row)) for row in database.execute(f"SELECT * FROM {table} ORDER BY id")]  # noqa: S608 - our names
        for table in _TABLES
    }


def _raw() -> sqlite3.Connection:
    connection.ensure_connection()
    raw: sqlite3.Connection = connection.connection
    return raw


_NEW_EACH_TIME: Mapping[str, tuple[tuple[str, str], ...]] = {
    # A generated part of a name, and the random part of an unusable password.
    "auth_user": (
        ("username", r"(?<=-)(?:[0-9a-f]{2}){2,16}\Z"),
        ("password", r"(?<=^!)\w{40}\Z"),
        ("date_joined", r".+"),
    ),
    "social_auth_usersocialauth": (("created", r".+"), ("modified", r".+"), ("extra_data", r'(?<="auth_time": )\d+')),
    "social_accesstoken": (
        ("digest", r"[0-9a-f]{64}"),
        ("created", r".+"),
        ("last_used", r".+"),
        ("expires_at", r".+"),
    ),
}


def _comparable(table: str, row: dict[str, Any]) -> dict[str, Any]:
    """Give a row with one sign for each value that is new each time; what is null stays null."""
    for column, pattern in _NEW_EACH_TIME.get(table, ()):
        if isinstance(row[column], str):
            row[column] = re.sub(pattern, "*", row[column])
    return row
