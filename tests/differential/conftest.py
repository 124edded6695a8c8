"""The application in this process, and database states to start each request from."""

from collections.abc import Iterator

import pytest

from tests.differential import identities
from tests.differential.database_states import DatabaseState
from tests.differential.in_process import Service
from tests.providers import Providers


@pytest.fixture
def service() -> Service:
    """Return the application in this process."""
    return Service()


@pytest.fixture
def empty(django_db_reset_sequences: None) -> Iterator[DatabaseState]:
    """Return a state without rows, in which the next ids are 1."""
    state = DatabaseState()
    yield state
    state.close()


@pytest.fixture
def with_users(empty: DatabaseState, providers: Providers) -> Iterator[DatabaseState]:
    """Return a state with a few users, whose identities the providers know."""
    identities.add_identities(providers)
    with empty.entered():
        identities.create_users()
    state = DatabaseState(like=empty)
    yield state
    state.close()
