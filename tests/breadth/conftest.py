"""social-core's own tests, and clients of the mounted APIs."""

import pytest

from tests.breadth import source
from tests.contract.conftest import api, one_api

__all__ = ["api", "one_api"]


@pytest.fixture(scope="session")
def their_tests() -> None:
    """social-core's own tests."""
    try:
        source.package()
    except source.NotHadError as error:
        pytest.skip(f"needs social-core's own tests: {error}")
