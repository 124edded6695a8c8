"""Fixtures: empty tables of the ledger on both databases."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction

from rollout.models import DailyCalls
from tests.legacy_rows.conftest import new_postgres, used

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture(scope="session")
def migrated_postgres(django_db_blocker: Any) -> Iterator[dict[str, Any]]:
    """Create and migrate a PostgreSQL database; skip the test if there is no server."""
    with new_postgres() as database:
        with django_db_blocker.unblock(), used(**database):
            call_command("migrate", verbosity=0)
        yield database


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def tables(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[None]:
    """Use a database of each vendor; on SQLite it is the tests' own."""
    if request.param == "sqlite":
        yield
        return
    database = request.getfixturevalue("migrated_postgres")
    with django_db_blocker.unblock(), used(**database), transaction.atomic():
        yield
        transaction.set_rollback(True)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def record(
    days: int, version: str, calls: int, *, client: str = "App/1", resource: str = "user", outcome: str = "ok"
) -> None:
    """Store calls of a day this many days ago."""
    DailyCalls.objects.create(
        day=ago(days), version=version, client=client, resource=resource, outcome=outcome, calls=calls
    )
