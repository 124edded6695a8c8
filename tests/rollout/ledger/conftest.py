"""Fixtures: a database of each vendor, and calls."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from rollout.calls import RecordedCall
from rollout.models import ClientTeam, DailyCalls, LastCall
from tests.contract.conftest import api
from tests.legacy_rows.conftest import used
from tests.social.conftest import Where, migrated

__all__ = ["Where", "api", "migrated"]


@pytest.fixture
def database(migrated: Where, django_db_blocker: Any) -> Iterator[Where]:
    """Use this database without users, teams and counts during a test; threads call `used(**database)`."""
    with django_db_blocker.unblock(), used(**migrated):
        for model in (DailyCalls, LastCall, ClientTeam, User):
            model._base_manager.all().delete()
        yield migrated


def a_call(**more: Any) -> RecordedCall:
    """Return a call, as the middleware makes it."""
    given = {"version": "v1", "resource": "user", "outcome": "ok", "client": "ShopApp/2.1", "user_id": None}
    return RecordedCall(**{**given, "seconds": 0.01, **more})


def counts() -> dict[tuple[str, str, str, str], int]:
    """Return the counts by version, client, resource and outcome, summed over all days."""
    found: dict[tuple[str, str, str, str], int] = {}
    for one in DailyCalls.objects.all():
        key = (one.version, one.client, one.resource, one.outcome)
        found[key] = found.get(key, 0) + one.calls
    return found
