"""`obstacles` reports what stops `migrate` on an old database, and its hints remove it."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connections, transaction
from django.db.transaction import TransactionManagementError

from social.legacy_rows import obstacles
from tests.legacy_rows.conftest import Empty, make_tables, migrate
from tests.legacy_rows.eras import ERAS, Era

VENDORS = [
    "sqlite",
    pytest.param("postgresql", marks=pytest.mark.postgres),
]
BY_YEAR = {era.year: era for era in ERAS}
STOPPED = (DatabaseError, TransactionManagementError)


@pytest.fixture(params=VENDORS)
def vendor(request: pytest.FixtureRequest, empty: Empty) -> Iterator[str]:
    """An empty database of each vendor."""
    with empty(request.param):
        yield request.param


def add(era: Era, uid: str = "4711", extra_data: str = "{}", *, orphan: bool = False) -> None:
    with transaction.atomic(), connections["default"].cursor() as cursor:
        user = era.add_user(cursor, f"user of {uid}")
        era.add_association(cursor, user, "github", uid, extra_data)
    if orphan:
        with connections["default"].constraint_checks_disabled(), connections["default"].cursor() as cursor:
            cursor.execute("DELETE FROM auth_user")


def messages() -> list[str]:
    return [obstacle.message for obstacle in obstacles.state().obstacles]


def stops() -> bool:
    try:
        call_command("migrate", verbosity=0, interactive=False)
    except STOPPED:
        broken = connections["default"]
        connections["default"] = broken.copy()  # a new connection, as in the next process
        if broken.connection:
            broken.connection.close()
        return True
    return False


@pytest.mark.parametrize("year", [2019, 2024])
def test_no_obstacles(vendor: str, year: int) -> None:
    """Since social-auth-app-django, `migrate` alone is enough."""
    make_tables(BY_YEAR[year])
    add(BY_YEAR[year])
    assert messages() == []
    assert not stops()
    assert obstacles.state().migrated


def test_the_tables_of_python_social_auth(vendor: str) -> None:
    """Its migrations have another app label, so social_django's must be marked as applied."""
    make_tables(BY_YEAR[2015])
    add(BY_YEAR[2015])
    (message,) = messages()
    assert "python-social-auth" in message
    assert stops()
    migrate()
    assert obstacles.state().migrated


@pytest.mark.parametrize(("uid", "extra_data"), [("", "{}"), ("4711", "null")], ids=["empty uid", "null"])
def test_rows_that_stop_migrate(vendor: str, uid: str, extra_data: str) -> None:
    """The hint is the statement that repairs them."""
    make_tables(BY_YEAR[2019])
    add(BY_YEAR[2019], uid, extra_data)
    (message,) = messages()
    assert message.startswith("1 associations have ")
    assert stops()
    migrate()
    assert obstacles.state().migrated


def test_rows_without_a_user(empty: Empty) -> None:
    """SQLite allows them while constraint checks are disabled, and each migration checks them."""
    with empty("sqlite"):
        make_tables(BY_YEAR[2019])
        add(BY_YEAR[2019], orphan=True)
        (message,) = messages()
        assert message.startswith("1 associations have no user")
        assert stops()
        migrate()
        assert obstacles.state().migrated


def test_command_prints_obstacles(vendor: str) -> None:
    """Exit code 2, with the hints as text and as JSON; exit code 0 without tables."""

    def run(*options: str) -> tuple[Any, str]:
        output = io.StringIO()
        try:
            call_command("check_associations", *options, stdout=output)
        except SystemExit as end:
            return end.code, output.getvalue()
        return 0, output.getvalue()

    assert run() == (0, "No associations yet.\n")
    make_tables(BY_YEAR[2015])
    code, printed = run()
    assert code == 2
    assert "manage.py migrate --fake social_django 0003_alter_email_max_length" in printed
    code, printed = run("--json")
    assert code == 2
    assert json.loads(printed)["obstacles"][0]["hint"].startswith("manage.py migrate --fake")
