"""Databases on PostgreSQL with many users, created once for a module."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction

from tests.contract.conftest import api  # noqa: F401 - a fixture
from tests.legacy_rows.conftest import new_postgres, used
from tests.scale import population

Use = Callable[[], AbstractContextManager[None]]
"""A function that makes Django use a database until the context ends, and rolls back."""

MANY_USERS = 200_000
"""Enough for an index of the same depth as with a million users."""
FEW_USERS = 1_000


@contextmanager
def populated(users: int, blocker: Any) -> Iterator[Use]:
    """Create a database with this number of users."""
    with new_postgres() as where:
        with blocker.unblock(), used(**where):
            call_command("migrate", verbosity=0)
            population.fill(users)

        @contextmanager
        def use() -> Iterator[None]:
            with blocker.unblock(), used(**where), transaction.atomic():
                yield
                transaction.set_rollback(True)

        yield use


@pytest.fixture(scope="module")
def many_users(django_db_blocker: Any) -> Iterator[Use]:
    with populated(MANY_USERS, django_db_blocker) as use:
        yield use


@pytest.fixture(scope="module")
def few_users(django_db_blocker: Any) -> Iterator[Use]:
    with populated(FEW_USERS, django_db_blocker) as use:
        yield use
