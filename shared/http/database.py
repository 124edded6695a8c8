"""The database as a request meets it: whether it is away, and giving a connection back before a wait."""

import sqlite3

from django.db import Error, InterfaceError, OperationalError, connections

_STATES = frozenset({"08", "40", "53", "57", "58"})
"""Classes of SQLSTATE (PostgreSQL documentation, appendix A): the connection failed, the transaction was rolled back
for another's sake, the server lacks something, an operator stepped in, the system around it failed."""
_SINGLE_STATES = frozenset({"25006", "25P03", "55P03"})
"""Read-only, as after a failover; the session was ended for idling; a lock was not to be had."""
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
"""The part of an extended result code that is the primary one (sqlite.org/rescode.html)."""


def database_is_away(error: Exception) -> bool:
    """Return True if a failure ends when the database is back: not reached, lost, locked, or the pool exhausted.

    An error in a statement of ours (no such table, a wrong type) is no such failure.
    """
    if not isinstance(error, Error):
        return False
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", None)
        return code is not None and code & _PRIMARY in _SQLITE_CODES
    state = getattr(cause, "sqlstate", None)
    if state:
        return state[:2] in _STATES or state in _SINGLE_STATES
    # No state: the server has not said anything. The pool's own failures are of this kind, too.
    return isinstance(error, OperationalError | InterfaceError)


def release_connection(alias: str) -> None:
    """Close this thread's connection to a database until it is needed again, unless a transaction is open on it.

    With a pool, closing gives the connection back to the pool. A persistent connection (`CONN_MAX_AGE` None) stays
    open: closing it frees nothing, and the next query would open it anew.
    """
    connection = connections[alias]
    is_persistent = connection.settings_dict["CONN_MAX_AGE"] is None
    if not connection.in_atomic_block and not is_persistent:
        connection.close()
