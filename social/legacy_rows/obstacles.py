"""Obstacles to `migrate` in old databases, found beforehand without writing anything."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder
from social_django.models import UserSocialAuth

TABLE = UserSocialAuth._meta.db_table
OLD_LABELS = ("social_auth", "default")
"""The app's labels in python-social-auth; the first one since 0.2.14."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A reason why `migrate` would fail, and the command or SQL statement that removes it."""

    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class State:
    """The state of the table of associations."""

    exists: bool
    migrated: bool
    obstacles: tuple[Obstacle, ...]


def state() -> State:
    """Return the state of the table."""
    connection = connections[router.db_for_read(UserSocialAuth)]
    with connection.cursor() as cursor:
        if TABLE not in connection.introspection.table_names(cursor):
            return State(exists=False, migrated=False, obstacles=())
        columns = {column.name for column in connection.introspection.get_table_description(cursor, TABLE)}
    if "id_key" in columns:
        return State(exists=True, migrated=True, obstacles=())
    return State(exists=True, migrated=False, obstacles=tuple(_obstacles(connection)))


def _obstacles(connection: BaseDatabaseWrapper) -> Iterator[Obstacle]:
    applied = sorted(MigrationRecorder(connection).applied_migrations())
    if not any(app == "social_django" for app, _ in applied):
        last = max((name for app, name in applied if app in OLD_LABELS), default="0001_initial")
        yield Obstacle(
            "python-social-auth created the tables: `migrate` would create them again.",
            f"manage.py migrate --fake social_django {last}",
        )
    user: Any = get_user_model()._meta
    orphans = f"NOT EXISTS (SELECT 1 FROM {user.db_table} u WHERE u.{user.pk.column} = {TABLE}.user_id)"  # noqa: S608
    counts = (
        (
            f"SELECT count(*) FROM {TABLE} WHERE uid = ''",  # noqa: S608
            "{} associations have an empty uid, which social_django's migration 0017 forbids. No sign-in finds them.",
            f"DELETE FROM {TABLE} WHERE uid = ''",  # noqa: S608
        ),
        (
            f"SELECT count(*) FROM {TABLE} WHERE CAST(extra_data AS text) = 'null'",  # noqa: S608
            "{} associations have null for extra_data, at which social_django's migration 0013 fails.",
            f"UPDATE {TABLE} SET extra_data = '{{}}' WHERE CAST(extra_data AS text) = 'null'",  # noqa: S608
        ),
        (
            f"SELECT count(*) FROM {TABLE} WHERE {orphans}",  # noqa: S608
            "{} associations have no user any more. On SQLite each migration fails because of them.",
            f"DELETE FROM {TABLE} WHERE {orphans}",  # noqa: S608
        ),
    )
    with connection.cursor() as cursor:
        for query, message, repair in counts:
            cursor.execute(query)
            (number,) = cursor.fetchone()
            if number:
                yield Obstacle(message.format(number), repair)
