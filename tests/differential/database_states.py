"""States of the database that can be saved and restored, the next ids included.

A state is a copy of the database (SQLite's own backup, with `sqlite_sequence`). It is restored before a step and saved
after it: so each API has a state of its own, each commit is a real one, and the next row gets the same id in all.
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


class DatabaseState:
    """A private copy of the database."""

    def __init__(self, like: "DatabaseState | None" = None) -> None:
        """Copy another state, or the present content of the database."""
        self._kept = sqlite3.connect(":memory:")
        if like is None:
            _sqlite_connection().backup(self._kept)
        else:
            self.copy_from(like)

    def copy_from(self, other: "DatabaseState") -> None:
        """Copy another state into this one."""
        other._kept.backup(self._kept)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Load this state into the database for one step, and save the result of the step."""
        assert not connection.in_atomic_block, "an open transaction would be lost"
        self._kept.backup(_sqlite_connection())
        yield
        assert not connection.in_atomic_block, "the step has left a transaction open"
        _sqlite_connection().backup(self._kept)

    def rows(self) -> Rows:
        """Return all rows, with values that differ each time replaced."""
        return rows_of(self._kept)

    def close(self) -> None:
        """Close the copy."""
        self._kept.close()


def rows_of(database: sqlite3.Connection) -> Rows:
    """Return all rows of a database, with values that differ each time replaced."""
    database.row_factory = sqlite3.Row
    return {
        table: [_comparable(table, dict(row)) for row in database.execute(f"SELECT * FROM {table} ORDER BY id")]  # noqa: S608 - our names
        for table in _TABLES
    }


def _sqlite_connection() -> sqlite3.Connection:
    connection.ensure_connection()
    raw: sqlite3.Connection = connection.connection
    return raw


_VARIABLE_VALUES: Mapping[str, tuple[tuple[str, str], ...]] = {
    # The generated suffix of a username, and the random part of an unusable password.
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
        ("proved_at", r".+"),
        ("credential_digest", r"[0-9a-f]{32}"),
        ("expires_at", r".+"),
    ),
}


def _comparable(table: str, row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with `*` for each value that differs each time; null stays null."""
    for column, pattern in _VARIABLE_VALUES.get(table, ()):
        if isinstance(row[column], str):
            row[column] = re.sub(pattern, "*", row[column])
    return row
