"""The fixture `api` of the contract tests, and empty counters."""

from collections.abc import Iterator

import pytest

from social import limits
from tests.contract.conftest import api

__all__ = ["api"]


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    """Reset the counts of earlier tests."""
    limits._local.cache_clear()
    yield
    limits._local.cache_clear()
