"""Django's DATABASES: SQLite in the project folder, or PostgreSQL with a pool in each process."""

from pathlib import Path
from typing import Any

import dj_database_url

from config import environment
from config.postgres.base import POOL_TIMEOUT

_SQLITE_OPTIONS = {
    # Readers do not wait for a writer (WAL). A writer takes its lock at the start rather than failing in the middle.
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
}
_POSTGRES_OPTIONS = {
    # To notice an unreachable host: seconds to connect, milliseconds until sent data must be acknowledged, and seconds
    # of silence before keepalive probes (libpq's names and units).
    "connect_timeout": 3,
    "tcp_user_timeout": 5000,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
}


def database(folder: Path) -> dict[str, Any]:
    """Return Django's settings of one database from `DATABASE_URL` and `DATABASE_POOL_SIZE`."""
    url = environment.text("DATABASE_URL") or f"sqlite:///{folder / 'db.sqlite3'}"
    pool_size = environment.integer("DATABASE_POOL_SIZE", 8, least=1, most=1000)
    if not url.startswith(("sqlite://", "postgres://", "postgresql://")):
        raise environment.Unreadable("DATABASE_URL starts with neither sqlite:/// nor postgres://.")
    if not url.startswith("sqlite://") and environment.has_raw_characters(url):
        raise environment.Unreadable("DATABASE_URL cannot be read: percent-encode special characters, such as a slash.")
    try:
        # dj_database_url's TypedDict does not fit Django's settings.
        parsed: dict[str, Any] = {**dj_database_url.parse(url)}
    except ValueError as error:
        # Without the value: it may hold a password.
        raise environment.Unreadable("DATABASE_URL cannot be read.") from error
    if url.startswith("sqlite://"):
        # Opening the file and registering Django's functions costs more than the statements of a sign-in.
        return {**parsed, "CONN_MAX_AGE": None, "OPTIONS": {**parsed.get("OPTIONS", {}), **_SQLITE_OPTIONS}}
    pool = {
        "min_size": 1,
        "max_size": pool_size,
        "timeout": POOL_TIMEOUT,
        # The pause before the next attempt doubles each time. After giving up, the pool starts again with the next
        # request, and so notices within two seconds that the database is back.
        "reconnect_timeout": 2,
    }
    # config.postgres recognises a connection that the server has closed without a query; Django's health checks would
    # send one each time.
    return {
        **parsed,
        "ENGINE": "config.postgres",
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": False,
        "OPTIONS": {**_POSTGRES_OPTIONS, **parsed.get("OPTIONS", {}), "pool": pool},
    }
