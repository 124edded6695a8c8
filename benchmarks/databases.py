"""Databases of a run's own, made empty and dropped."""

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

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
