"""A database of each kind, and calls that nobody made."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from rollout.calls import Call
from rollout.models import DailyCalls, LastCall
from tests.contract.conftest import api  # noqa: F401 - a fixture
from tests.legacy_rows.conftest import new_postgres, used

Where = dict[str, Any]


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def migrated(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any
) -> Iterator[Where]:
    """A database that is migrated once; says where it is."""
    with django_db_blocker.unblock():
        if request.param == "postgresql":
            with new_postgres() as where:
                with used(**where):
                    call_command("migrate", verbosity=0)
                yield where
            return
        path: Path = tmp_path_factory.mktemp("ledger") / "db.sqlite3"
        where = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path)}
        with used(**where):
            call_command("migrate", verbosity=0)
        yield where


@pytest.fixture
def database(migrated: Where, django_db_blocker: Any) -> Iterator[Where]:
    """Let Django use that database, without rows, while a test runs; threads say `used(**database)`."""
    where = {**migrated, "OPTIONS": {"transaction_mode": "IMMEDIATE"} if "sqlite" in migrated["ENGINE"] else {}}
    with django_db_blocker.unblock(), used(**where):
        for model in (DailyCalls, LastCall, User):
            model._base_manager.all().delete()
        yield where


def a_call(**more: Any) -> Call:
    """Give a call, as the middleware makes it."""
    given = {"version": "v1", "resource": "user", "outcome": "ok", "client": "ShopApp/2.1", "user_id": None}
    return Call(**{**given, "seconds": 0.01, **more})


def counts() -> dict[tuple[str, str, str, str], int]:
    """Give what the ledger says, by version, client, resource and outcome, all days together."""
    found: dict[tuple[str, str, str, str], int] = {}
    for one in DailyCalls.objects.all():
        key = (one.version, one.client, one.resource, one.outcome)
        found[key] = found.get(key, 0) + one.calls
    return found
