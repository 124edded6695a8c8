"""Databases for one test or one run: created, migrated, read without the service, dropped."""

import atexit
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from tests import SECRET_KEY
from tests.e2e.servers import run_to_end

TABLES = ("auth_user", "social_auth_usersocialauth", "social_accesstoken", "social_auth_partial")
"""Every table that a sign-up may write to, owners first."""
NEEDS_POSTGRES = "needs PostgreSQL: TEST_POSTGRES_URL is not set"


@dataclass(frozen=True)
class Database:
    """A database that the service uses and a test reads."""

    vendor: str
    url: str

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        if self.vendor == "sqlite":
            with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as connection:
                return connection.execute(query).fetchall()
        with psycopg.connect(self.url) as session:
            return session.execute(query.encode()).fetchall()

    def execute(self, statement: str) -> None:
        """Execute a statement."""
        if self.vendor == "sqlite":
            with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=30)) as connection, connection:
                connection.execute(statement)
            return
        with psycopg.connect(self.url) as session:
            session.execute(statement.encode())

    def clear(self) -> None:
        """Delete all users, with everything that belongs to them."""
        if self.vendor == "postgres":
            # In one statement, because the ledger inserts last calls meanwhile.
            self.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
            return
        for table in ("rollout_lastcall", *reversed(TABLES)):
            self.execute(f"DELETE FROM {table}")  # noqa: S608 - our names

    def counts(self) -> dict[str, int]:
        """Return the number of rows of each table that a sign-up may write to."""
        columns = ", ".join(f"(SELECT count(*) FROM {table})" for table in TABLES)  # noqa: S608 - our names
        return dict(zip(TABLES, self.rows(f"SELECT {columns}")[0], strict=True))

    def sessions(self) -> list[str]:
        """Return the state of each of PostgreSQL's connections except this one; one just closed may be included."""
        rows = self.rows(
            "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        return [str(state) for (state,) in rows]

    def orphans(self) -> list[tuple[Any, ...]]:
        """Return users without an association, and associations without a user."""
        return self.rows(
            "SELECT u.id, s.id FROM auth_user u LEFT JOIN social_auth_usersocialauth s ON s.user_id = u.id "
            "WHERE s.id IS NULL UNION ALL SELECT u.id, s.id FROM social_auth_usersocialauth s "
            "LEFT JOIN auth_user u ON s.user_id = u.id WHERE u.id IS NULL"
        )


@contextmanager
def new_database(vendor: str, folder: Path) -> Iterator[Database]:
    """Create a database; PostgreSQL's is migrated, and a service that starts on SQLite migrates it itself.

    Skip the test if there is no PostgreSQL.
    """
    if vendor == "sqlite":
        yield Database(vendor, f"sqlite:///{folder / (secrets.token_hex(4) + '.sqlite3')}")
        return
    with _new_postgres(template=_migrated_template()) as database:
        yield database


@contextmanager
def empty_postgres() -> Iterator[Database]:
    """Create an empty database on PostgreSQL, which is dropped afterwards; skip the test if there is no PostgreSQL."""
    with _new_postgres() as database:
        yield database


@cache
def _migrated_template() -> str:
    """Create and migrate a database, once in a test run, and return its name; copying it is cheaper than migrating."""
    kept = ExitStack()
    database = kept.enter_context(empty_postgres())
    atexit.register(kept.close)
    migrate(database)
    return urlsplit(database.url).path.removeprefix("/")


@contextmanager
def _new_postgres(template: str = "template1") -> Iterator[Database]:
    server = os.environ.get("TEST_POSTGRES_URL")
    if not server:
        pytest.skip(NEEDS_POSTGRES)
    name = f"tandem_e2e_{secrets.token_hex(6)}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(create)
    try:
        yield Database("postgres", urlunsplit(urlsplit(server)._replace(path=f"/{name}")))
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def migrate(database: Database) -> None:
    """Run `migrate` on a database, as an operator does."""
    environment = {
        "SECRET_KEY": SECRET_KEY,
        "DATABASE_URL": database.url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    ended = run_to_end("django", environment, "migrate", "--verbosity=0", "--no-input")
    assert ended.returncode == 0, ended.stderr
