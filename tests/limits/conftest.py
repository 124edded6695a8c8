"""Callers with an address, over all mounted APIs in turn; and limiters that have counted nothing."""

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
    """Sends each call to the next mounted API: a budget of one of them would show at once."""

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
        """Try so many times to sign up."""
        return [self.sign_up(**more).status_code for _ in range(times)]


@pytest.fixture
def callers() -> Callers:
    """Whoever calls."""
    return Callers()


@pytest.fixture(autouse=True)
def nothing_counted(db: None) -> Iterator[None]:
    """Reset the counters, and the memory of a failed Redis."""
    _forget()
    yield
    _forget()


def _forget() -> None:
    limits._local.cache_clear()
    limits._shared.cache_clear()
    limits._redis_is_away._logged_at = float("-inf")
