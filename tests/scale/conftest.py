"""Databases on PostgreSQL with a crowd in them, made once for a file of tests."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction

from tests.contract.conftest import api  # noqa: F401 - a fixture
from tests.legacy_rows.conftest import new_postgres, used
from tests.scale import population

Among = Callable[[], AbstractContextManager[None]]
"""Lets Django use a database while the context lasts; what is written meanwhile is taken back."""


@contextmanager
def crowded(users: int, blocker: Any) -> Iterator[Among]:
    """Make a database with so many users."""
    with new_postgres() as where:
        with blocker.unblock(), used(**where):
            call_command("migrate", verbosity=0)
            population.fill(users)

        @contextmanager
        def among() -> Iterator[None]:
            with blocker.unblock(), used(**where), transaction.atomic():
                yield
                transaction.set_rollback(True)

        yield among


@pytest.fixture(scope="module")
def a_million(django_db_blocker: Any) -> Iterator[Among]:
    with crowded(1_000_000, django_db_blocker) as among:
        yield among


@pytest.fixture(scope="module")
def a_thousand(django_db_blocker: Any) -> Iterator[Among]:
    with crowded(1_000, django_db_blocker) as among:
        yield among
