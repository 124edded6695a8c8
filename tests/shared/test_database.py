"""Which exceptions mean that the database is unavailable, and which are bugs."""

import sqlite3
from pathlib import Path
from typing import Any

import psycopg
import psycopg_pool
import pytest
from django.db import DataError, Error, InterfaceError, InternalError, OperationalError
from django.db import ProgrammingError as DjangoProgrammingError
from django.db.utils import ConnectionHandler
from psycopg import errors

from shared.http.database import database_is_away

pytestmark = pytest.mark.threat(28)


def wrapped(kind: type[Error], cause: BaseException | None) -> Error:
    """Return Django's exception for a driver's, as Django raises it."""
    error = kind(*(cause.args if cause else ()))
    error.__cause__ = cause
    return error


class OfPsycopg2(Exception):
    """An exception of psycopg2, which a host may have instead of psycopg."""

    def __init__(self, pgcode: str | None) -> None:
        super().__init__("psycopg2's message")
        self.pgcode = pgcode


UNAVAILABLE = {
    "psycopg2: refused": wrapped(OperationalError, OfPsycopg2(None)),
    "psycopg2: failover": wrapped(InternalError, OfPsycopg2("25006")),
    "refused": wrapped(OperationalError, psycopg.OperationalError("connection refused")),
    "lost": wrapped(OperationalError, psycopg.OperationalError("the connection is lost")),
    "pool exhausted": wrapped(OperationalError, psycopg_pool.PoolTimeout()),
    "pool queue full": wrapped(OperationalError, psycopg_pool.TooManyRequests()),
    "pool closed": wrapped(OperationalError, psycopg_pool.PoolClosed()),
    "connection closed": wrapped(InterfaceError, psycopg.InterfaceError("the cursor is closed")),
    "no cause": wrapped(OperationalError, None),
    "shutting down": wrapped(OperationalError, errors.AdminShutdown()),
    "crashed": wrapped(OperationalError, errors.CrashShutdown()),
    "starting": wrapped(OperationalError, errors.CannotConnectNow()),
    "full": wrapped(OperationalError, errors.DiskFull()),
    "no connection left": wrapped(OperationalError, errors.TooManyConnections()),
    "deadlock": wrapped(OperationalError, errors.DeadlockDetected()),
    "lock": wrapped(OperationalError, errors.LockNotAvailable()),
    "statement cancelled": wrapped(OperationalError, errors.QueryCanceled()),
    "failover": wrapped(InternalError, errors.ReadOnlySqlTransaction()),
}
BUGS = {
    "psycopg2: too complex": wrapped(OperationalError, OfPsycopg2("54001")),
    "no such table": wrapped(DjangoProgrammingError, errors.UndefinedTable()),
    "wrong type": wrapped(DataError, errors.InvalidTextRepresentation()),
    "failed transaction": wrapped(InternalError, errors.InFailedSqlTransaction()),
    "too complex": wrapped(OperationalError, errors.StatementTooComplex()),
    "Django's own": wrapped(DjangoProgrammingError, None),
    "another library's": ConnectionRefusedError(),
    "a plain bug": KeyError("id"),
}


@pytest.mark.parametrize("error", UNAVAILABLE.values(), ids=UNAVAILABLE)
def test_unavailable(error: Exception) -> None:
    """The database cannot be reached, is lost, or reports a temporary failure."""
    assert database_is_away(error)


@pytest.mark.parametrize("error", BUGS.values(), ids=BUGS)
def test_bugs(error: Exception) -> None:
    """An error in a statement, or another library's exception, is a bug."""
    assert not database_is_away(error)


class Sqlite:
    """A SQLite file, used through Django without waiting for locks."""

    def __init__(self, file: Path) -> None:
        settings: dict[str, Any] = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file)}
        self.connection = ConnectionHandler({"default": {**settings, "OPTIONS": {"timeout": 0}}})["default"]

    def failure_of(self, statement: str) -> Exception:
        """Return the exception of a statement."""
        with pytest.raises(Error) as caught, self.connection.cursor() as cursor:
            cursor.execute(statement)
        self.connection.close()
        return caught.value


@pytest.mark.django_db
def test_sqlite_locked(tmp_path: Path) -> None:
    """A lock that another process holds longer than the timeout is temporary."""
    holder = sqlite3.connect(tmp_path / "db", isolation_level=None)
    holder.execute("CREATE TABLE t (x)")
    holder.execute("BEGIN EXCLUSIVE")
    error = Sqlite(tmp_path / "db").failure_of("INSERT INTO t VALUES (1)")
    holder.close()
    assert str(error) == "database is locked"
    assert database_is_away(error)


@pytest.mark.django_db
def test_sqlite_without_its_folder(tmp_path: Path) -> None:
    """A file that cannot be opened, as on an unmounted disk, is temporary."""
    assert database_is_away(Sqlite(tmp_path / "nowhere" / "db").failure_of("SELECT 1"))


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["SELECT * FROM nowhere", "SELEC 1", "SELECT :missing"])
def test_bugs_on_sqlite(tmp_path: Path, statement: str) -> None:
    """A missing table is a bug, although SQLite raises OperationalError for it."""
    assert not database_is_away(Sqlite(tmp_path / "db").failure_of(statement))
