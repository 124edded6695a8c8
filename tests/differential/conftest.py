"""The application, the people in it, and what both are put back to before each request."""

from collections.abc import Iterator

import pytest

from tests.differential import identities
from tests.differential.database_states import World
from tests.differential.in_process import Service
from tests.providers import Providers


@pytest.fixture
def service() -> Service:
    """The application in this process."""
    return Service()


@pytest.fixture
def empty(django_db_reset_sequences: None) -> Iterator[World]:
    """A world with nobody in it, in which the next ids are 1."""
    world = World()
    yield world
    world.close()


@pytest.fixture
def inhabited(empty: World, providers: Providers) -> Iterator[World]:
    """A world with a few people in it, known to providers."""
    identities.introduce(providers)
    with empty.entered():
        identities.settle()
    world = World(like=empty)
    yield world
    world.close()
