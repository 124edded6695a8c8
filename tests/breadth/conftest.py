"""Fixtures: social-core's own tests, and clients of the mounted APIs."""

import pytest

from tests.breadth import social_core_source
from tests.contract.conftest import api, one_api

__all__ = ["api", "one_api"]


@pytest.fixture(scope="session")
def social_core_tests() -> None:
    """Skip the test if social-core's own tests cannot be fetched."""
    try:
        social_core_source.package()
    except social_core_source.UnavailableError as error:
        pytest.skip(f"needs social-core's own tests: {error}")
