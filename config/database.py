"""Where the rows are: SQLite in the project folder, or PostgreSQL with a pool in each process."""

from pathlib import Path
from typing import Any

import dj_database_url

from config import environment
from config.postgres.base import STEP

_SQLITE_OPTIONS = {
    # Readers do not wait for the writer, and a writer takes its lock at once rather than failing half-way.
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
}
_POSTGRES_OPTIONS = {
    # A host that is gone says nothing: seconds to connect, milliseconds until what was sent must have arrived,
    # and seconds of silence after which it is asked whether it is still there (libpq's own names and units).
    "connect_timeout": 3,
    "tcp_user_timeout": 5000,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
}


def database(folder: Path) -> dict[str, Any]:
    """Read `DATABASE_URL` and `DATABASE_POOL_SIZE` into Django's settings of one database."""
    url = environment.text("DATABASE_URL") or f"sqlite:///{folder / 'db.sqlite3'}"
    pool_size = environment.integer("DATABASE_POOL_SIZE", 8, least=1, most=1000)
    if not url.startswith(("sqlite://", "postgres://", "postgresql://")):
        raise environment.Unreadable("DATABASE_URL starts with neither sqlite:/// nor postgres://.")
    try:
        # The library's own type is a TypedDict that Django's settings are not.
        parsed: dict[str, Any] = {**dj_database_url.parse(url)}
    except ValueError as error:
        # Without the value: it may hold a password.
        raise environment.Unreadable("DATABASE_URL cannot be read.") from error
    if url.startswith("sqlite://"):
        # Opening the file and teaching it Django's functions costs more than a sign-in's statements do.
        return {**parsed, "CONN_MAX_AGE": None, "OPTIONS": {**parsed.get("OPTIONS", {}), **_SQLITE_OPTIONS}}
    pool = {
        "min_size": 1,
        "max_size": pool_size,
        "timeout": STEP,
        # The pause before the next try to reconnect doubles each time. Giving up early, the pool begins anew with the
        # next request, and has noticed within two seconds that the database is back.
        "reconnect_timeout": 2,
    }
    # A pooled connection that the server has dropped meanwhile is found before it is used, not by using it: our
    # engine looks, where Django's health checks would ask the server each time.
    return {
        **parsed,
        "ENGINE": "config.postgres",
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": False,
        "OPTIONS": {**_POSTGRES_OPTIONS, **parsed.get("OPTIONS", {}), "pool": pool},
    }
