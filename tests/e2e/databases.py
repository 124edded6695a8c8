"""Databases of a test's own: made, migrated, looked into from outside the service, dropped."""

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from tests.e2e.servers import run_to_end

TABLES = ("auth_user", "social_auth_usersocialauth", "social_accesstoken", "social_auth_partial")
"""Every table that a sign-up may write to, owners first."""
NEEDS_POSTGRES = "needs PostgreSQL: TEST_POSTGRES_URL is not set"


@dataclass(frozen=True)
class Database:
    """A database that the service uses and a test looks into."""

    vendor: str
    url: str

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Give what a query finds, read past the service."""
        if self.vendor == "sqlite":
            with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as connection:
                return connection.execute(query).fetchall()
        with psycopg.connect(self.url) as session:
            return session.execute(query.encode()).fetchall()

    def execute(self, statement: str) -> None:
        """Change rows past the service."""
        if self.vendor == "sqlite":
            with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=30)) as connection, connection:
                connection.execute(statement)
            return
        with psycopg.connect(self.url) as session:
            session.execute(statement.encode())

    def clear(self) -> None:
        """Forget everyone."""
        if self.vendor == "postgres":
            # At once: the ledger notes meanwhile when a user has last called.
            self.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
            return
        for table in ("rollout_lastcall", *reversed(TABLES)):
            self.execute(f"DELETE FROM {table}")  # noqa: S608 - our names

    def counts(self) -> dict[str, int]:
        """Say how many rows each table has that a sign-up may write to."""
        return {table: self.rows(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}  # noqa: S608 - our names

    def sessions(self) -> list[str]:
        """Give the state of each connection that PostgreSQL has to it but for ours; one just closed may count."""
        rows = self.rows(
            "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        return [str(state) for (state,) in rows]

    def orphans(self) -> list[tuple[Any, ...]]:
        """Give users without an association, and associations without a user."""
        return self.rows(
            "SELECT u.id, s.id FROM auth_user u LEFT JOIN social_auth_usersocialauth s ON s.user_id = u.id "
            "WHERE s.id IS NULL UNION ALL SELECT u.id, s.id FROM social_auth_usersocialauth s "
            "LEFT JOIN auth_user u ON s.user_id = u.id WHERE u.id IS NULL"
        )


@contextmanager
def new_database(vendor: str, folder: Path) -> Iterator[Database]:
    """Make a database for the server to start on (it migrates SQLite itself); skip where there is no PostgreSQL."""
    if vendor == "sqlite":
        yield Database(vendor, f"sqlite:///{folder / (secrets.token_hex(4) + '.sqlite3')}")
        return
    with empty_postgres() as database:
        migrate(database)
        yield database


@contextmanager
def empty_postgres() -> Iterator[Database]:
    """Make an empty database on PostgreSQL, dropped afterwards."""
    server = os.environ.get("TEST_POSTGRES_URL")
    if not server:
        pytest.skip(NEEDS_POSTGRES)
    name = f"tandem_e2e_{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield Database("postgres", urlunsplit(urlsplit(server)._replace(path=f"/{name}")))
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def migrate(database: Database) -> None:
    """Bring a database to this release, as an operator does."""
    environment = {
        "SECRET_KEY": "tests-only",
        "DATABASE_URL": database.url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    ended = run_to_end("django", environment, "migrate", "--verbosity=0", "--no-input")
    assert ended.returncode == 0, ended.stderr
