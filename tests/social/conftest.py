"""Both databases, migrated once, for tests of statements and rows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from social_django.models import Partial, UserSocialAuth

from social.models import AccessToken
from tests.contract.conftest import api
from tests.legacy_rows.conftest import new_postgres, used

__all__ = ["api"]

Where = dict[str, Any]


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def migrated(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any
) -> Iterator[Where]:
    """Migrate a database of each vendor, and return where it is."""
    with django_db_blocker.unblock():
        if request.param == "postgresql":
            with new_postgres() as where:
                with used(**where):
                    call_command("migrate", verbosity=0)
                yield where
            return
        path: Path = tmp_path_factory.mktemp("social") / "db.sqlite3"
        where = {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(path),
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20},
        }
        with used(**where):
            call_command("migrate", verbosity=0)
        yield where


@pytest.fixture
def database(migrated: Where, django_db_blocker: Any) -> Iterator[Where]:
    """Use this database without users during a test; threads call `used(**database)`."""
    with django_db_blocker.unblock(), used(**migrated):
        for model in (AccessToken, UserSocialAuth, Partial, User):
            model._base_manager.all().delete()
        yield migrated
