"""Fixtures: clients with an address that alternate between all mounted APIs, and empty counters."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from social import limits
from tests.contract.answers import Response
from tests.contract.conftest import ApiClient

pytest.register_assert_rewrite("tests.contract.answers")

MALFORMED = b"{"
"""A sign-up that fails before it reaches a provider."""


class Callers:
    """A client that sends each call to the next mounted API, to show that the APIs share one limit."""

    def __init__(self) -> None:
        self.apis = [ApiClient(app) for app in settings.APIS]
        self._turns = itertools.cycle(self.apis)

    def call(self, method: str, path: str, address: str = "203.0.113.7", **more: Any) -> Response:
        """Call the next API from an address."""
        return next(self._turns).call(method, path, REMOTE_ADDR=address, **more)

    def sign_up(self, address: str = "203.0.113.7", body: bytes = MALFORMED, **more: Any) -> Response:
        """Try to sign up from an address."""
        given = {"data": body, "content_type": "application/json", **more}
        return self.call("POST", "social_sign_up/", address, **given)

    def statuses(self, times: int, **more: Any) -> list[int]:
        """Try to sign up this many times."""
        return [self.sign_up(**more).status_code for _ in range(times)]


@pytest.fixture
def callers() -> Callers:
    """Return a client that alternates between the mounted APIs."""
    return Callers()


@pytest.fixture(autouse=True)
def empty_counters(db: None) -> Iterator[None]:
    """Reset the counters, and the memory of a failed Redis."""
    _reset()
    yield
    _reset()


def _reset() -> None:
    limits._local.cache_clear()
    limits._shared.cache_clear()
    limits._redis_is_away._logged_at = float("-inf")
