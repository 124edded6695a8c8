"""Databases of a run's own: made, filled, looked at and dropped."""

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from benchmarks.processes import cpu_seconds

POSTGRES = os.environ.get("TEST_POSTGRES_URL") or "postgres://postgres@127.0.0.1:5432/postgres"


@contextmanager
def new_database(vendor: str, folder: Path) -> Iterator[str]:
    """Make a database, `sqlite` or `postgres`, and give its URL."""
    if vendor == "sqlite":
        yield f"sqlite:///{folder / (secrets.token_hex(4) + '.sqlite3')}"
        return
    name = f"tandem_benchmark_{secrets.token_hex(6)}"
    _administer(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield urlunsplit(urlsplit(POSTGRES)._replace(path=f"/{name}"))
    finally:
        _administer(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def clear(url: str, table: str) -> None:
    """Delete all rows of a table."""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)) as connection, connection:
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - our names
        return
    with psycopg.connect(url) as session:
        session.execute(sql.SQL("TRUNCATE {}").format(sql.Identifier(table)))


def _administer(statement: sql.Composed) -> None:
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(statement)


_BACKENDS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def database_cpu(url: str) -> dict[int, float]:
    """Give the seconds of CPU that each process behind a connection to a PostgreSQL database has taken.

    None of them where it is another machine's.
    """
    with psycopg.connect(url, autocommit=True) as session:
        pids = [pid for (pid,) in session.execute(_BACKENDS)]
    return {pid: cpu_seconds(pid) for pid in pids if _is_local(pid)}


def taken_since(before: dict[int, float], after: dict[int, float]) -> float | None:
    """Give the seconds in between of those that were there before and after; None where there was none."""
    both = before.keys() & after.keys()
    return sum(after[pid] - before[pid] for pid in both) if both else None


def _is_local(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").startswith("postgres")
    except FileNotFoundError:
        return False


PATTERN = 999_999_999
"""The person whose rows are copied."""
TABLES = {
    "yardstick": ("auth_user", "association"),
    "social_django": ("auth_user", "social_auth_usersocialauth"),
    "allauth": ("auth_user", "socialaccount_socialaccount", "account_emailaddress"),
}
"""What a person has a row in, by whose tables they are; the user first."""
_FIRST_ID = 1_000_000
"""Beyond the ids that the database itself will give out meanwhile."""
_TEXT = frozenset({"varchar", "text", "json", "jsonb"})
_COLUMNS = (
    "SELECT column_name, udt_name FROM information_schema.columns "
    "WHERE table_schema = 'public' AND table_name = %s ORDER BY ordinal_position"
)


def multiply(url: str, tables: str, count: int) -> None:
    """Add people 1 to `count`; only the pattern may be there.

    :param tables: a key of `TABLES`.
    """
    with psycopg.connect(url, autocommit=True) as session:
        for table in TABLES[tables]:
            session.execute(_copies(session, table), {"count": count, "first": _FIRST_ID, "pattern": str(PATTERN)})
        # Now, not by the server itself while something is measured.
        session.execute("VACUUM ANALYZE")


def _copies(session: "psycopg.Connection[tuple[str, str]]", table: str) -> sql.Composed:
    names, values = [], []
    for name, kind in session.execute(_COLUMNS, (table,)).fetchall():
        if name == "id" and table != "auth_user":
            continue
        names.append(sql.Identifier(name))
        values.append(_value(name, kind))
    return sql.SQL(
        "INSERT INTO {table} ({names}) SELECT {values} FROM {table} one, generate_series(1, %(count)s) n"
    ).format(table=sql.Identifier(table), names=sql.SQL(", ").join(names), values=sql.SQL(", ").join(values))


def _value(name: str, kind: str) -> sql.Composable:
    if name in {"id", "user_id"}:
        return sql.SQL("%(first)s + n")
    column = sql.SQL("one.{}").format(sql.Identifier(name))
    if kind not in _TEXT:
        return column
    return sql.SQL("replace({}::text, %(pattern)s, n::text)::{}").format(column, sql.Identifier(kind))
