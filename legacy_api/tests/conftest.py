"""Fixtures: a table of keys like Tastypie's, and the command that imports it."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.contract.conftest import api  # noqa: F401 - a fixture

LONG_AGO = datetime(2015, 6, 1, 12, 30, tzinfo=UTC)


class Keys:
    """The table of an old deployment; its columns allow NULL, as a project may have altered them."""

    def __init__(self, table: str = "tastypie_apikey") -> None:
        self.table = table
        with connection.cursor() as cursor:
            cursor.execute(
                f'CREATE TABLE {table} (id integer PRIMARY KEY, user_id integer, "key" varchar(256), created datetime)'
            )

    def add(self, user: Any, key: str | None, *, created: datetime | None = LONG_AGO) -> None:
        """Insert a row for a user, or for the id of a deleted user."""
        row = [getattr(user, "pk", user), key, created and created.isoformat(" ")]
        self.execute(f'INSERT INTO {self.table} (user_id, "key", created) VALUES (%s, %s, %s)', row)  # noqa: S608 - ours

    def execute(self, statement: str, parameters: Any = ()) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)


@pytest.fixture
def keys(db: None) -> Keys:
    """The empty table."""
    return Keys()


Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(db: None) -> Run:
    """A function that runs the command and returns its exit code and output."""

    def run(*options: str) -> tuple[int, str]:
        output = io.StringIO()
        try:
            call_command("import_api_keys", *options, stdout=output, stderr=output)
        except CommandError as error:
            return error.returncode, f"{output.getvalue()}{error}\n"
        return 0, output.getvalue()

    return run
