"""Databases of a benchmark run: created, filled with users, measured and dropped."""

import os
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import LiteralString
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from benchmarks.processes import cpu_seconds

POSTGRES = os.environ.get("TEST_POSTGRES_URL") or "postgres://postgres@127.0.0.1:5432/postgres"
TEMPLATE_USER = 999_999_999
"""The number, at the provider, of the user whose rows `copy_template_user` copies."""
_FIRST_ID = 1_000_000
"""First primary key of copied users, far above those that the database assigns meanwhile."""
_TEXT = frozenset({"varchar", "text", "json", "jsonb"})
_COLUMNS = (
    "SELECT column_name, udt_name FROM information_schema.columns "
    "WHERE table_schema = 'public' AND table_name = %s ORDER BY ordinal_position"
)
OTHER_SESSIONS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


@contextmanager
def new_database(vendor: str, folder: Path) -> Iterator[str]:
    """Create a database and yield its URL; drop it when the block ends.

    :param vendor: `sqlite` or `postgres`.
    :param folder: where SQLite keeps its file.
    """
    if vendor == "sqlite":
        yield f"sqlite:///{folder / (secrets.token_hex(4) + '.sqlite3')}"
        return
    name = f"tandem_benchmark_{secrets.token_hex(6)}"
    _administer("CREATE DATABASE {}", name)
    try:
        yield urlunsplit(urlsplit(POSTGRES)._replace(path=f"/{name}"))
    finally:
        _administer("DROP DATABASE {} WITH (FORCE)", name)


def _administer(statement: LiteralString, name: str) -> None:
    with psycopg.connect(POSTGRES, autocommit=True) as session:
        session.execute(sql.SQL(statement).format(sql.Identifier(name)))


def clear(url: str, table: str) -> None:
    """Delete all rows of a table."""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)) as connection, connection:
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
        return
    with psycopg.connect(url) as session:
        session.execute(sql.SQL("TRUNCATE {}").format(sql.Identifier(table)))


def cpu_by_session(url: str) -> dict[int, float]:
    """Return the CPU seconds of each session's process; none for SQLite, or a server on another machine."""
    if url.startswith("sqlite:"):
        return {}
    with psycopg.connect(url, autocommit=True) as session:
        pids = [pid for (pid,) in session.execute(OTHER_SESSIONS)]
    return {pid: cpu_seconds(pid) for pid in pids if _is_local(pid)}


def _is_local(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").startswith("postgres")
    except FileNotFoundError:
        return False


def copy_template_user(url: str, tables: Sequence[str], count: int) -> None:
    """Add users 1 to `count` as copies of the template user, the only user so far, with their number in every text.

    :param tables: the tables in which a user has a row, `auth_user` among them.
    """
    with psycopg.connect(url, autocommit=True) as session:
        for table in tables:
            session.execute(_copies(session, table), {"count": count, "first": _FIRST_ID, "number": str(TEMPLATE_USER)})
        # So that the server does not do it by itself during a measurement.
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
    return sql.SQL("replace({}::text, %(number)s, n::text)::{}").format(column, sql.Identifier(kind))
