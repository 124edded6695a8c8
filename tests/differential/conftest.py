"""The application in this process, and database states to start each request from."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

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
def with_users(empty: DatabaseState, providers: Providers, settings: Settings) -> Iterator[DatabaseState]:
    """Return a state with a few users, whose identities the providers know; GitHub exchanges codes too."""
    settings.SOCIAL_AUTH_GITHUB_REDIRECT_URIS = identities.REDIRECT_URI
    identities.add_identities(providers)
    identities.add_exchanges(providers)
    with empty.entered():
        identities.create_users()
    state = DatabaseState(like=empty)
    yield state
    state.close()
