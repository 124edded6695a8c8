"""Database failures that are temporary, a time limit for reading, and releasing a connection before a provider call."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import Error, InterfaceError, OperationalError, connections, transaction

_STATES = frozenset({"08", "40", "53", "57", "58"})
"""Classes of SQLSTATE (PostgreSQL documentation, appendix A): connection exception, transaction rollback, insufficient
resources, operator intervention, system error."""
_SINGLE_STATES = frozenset({"25006", "25P03", "55P03"})
"""Read-only transaction (after a failover), idle session timeout, lock not available."""
_SQLITE_CODES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
_PRIMARY = 0xFF
"""The bits of an extended result code that hold the primary code (sqlite.org/rescode.html)."""


def database_is_away(error: Exception) -> bool:
    """Return True if the database was unreachable, lost or locked, or its pool exhausted.

    An error in a statement (no such table, a wrong type) is a bug, not such a failure.
    """
    if not isinstance(error, Error):
        return False
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", None)
        return code is not None and code & _PRIMARY in _SQLITE_CODES
    # psycopg has `sqlstate`, psycopg2 has `pgcode`.
    state = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    if state:
        return state[:2] in _STATES or state in _SINGLE_STATES
    # No SQLSTATE: the server sent no answer, or the pool raised the error.
    return isinstance(error, OperationalError | InterfaceError)


def release_connection(alias: str) -> None:
    """Close this thread's connection to a database until it is needed again, unless a transaction is open on it.

    With a pool, closing returns the connection to the pool. A persistent connection (`CONN_MAX_AGE` None) stays open:
    closing it frees nothing, and the next query would open it again.
    """
    connection = connections[alias]
    is_persistent = connection.settings_dict["CONN_MAX_AGE"] is None
    if not connection.in_atomic_block and not is_persistent:
        connection.close()


@contextmanager
def limit_statements(alias: str, seconds: float) -> Iterator[None]:
    """Let PostgreSQL end each statement of the block after so many seconds, of waiting for a lock, too.

    The block becomes a transaction, with which the limit ends. One that is open already keeps its own limit. On SQLite
    readers wait for no writer.
    """
    connection = connections[alias]
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        yield
        return
    with transaction.atomic(using=alias):
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{seconds * 1000:.0f}"])
        yield
