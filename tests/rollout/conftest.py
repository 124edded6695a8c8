"""Fixtures: clients of the two versions, and a frozen clock."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.test import override_settings

from rollout import plan
from tests.contract.conftest import ApiClient

pytest.register_assert_rewrite("tests.contract.answers")

Freeze = Callable[[datetime], None]


def _mounted_at(prefix: str) -> ApiClient | None:
    return next((ApiClient(app) for app, at in settings.APIS.items() if at == prefix), None)


@pytest.fixture
def v1() -> ApiClient:
    """Return a client of the older version, whichever app serves it."""
    api = _mounted_at("api/v1/")
    if api is None:
        pytest.skip("v1 is not mounted")
    return api


@pytest.fixture
def v2() -> ApiClient:
    """Return a client of the newer version."""
    api = _mounted_at("api/v2/")
    assert api is not None
    return api


@pytest.fixture
def freeze(monkeypatch: pytest.MonkeyPatch) -> Freeze:
    """Return a function that freezes the time of the middleware."""

    def freeze(moment: datetime) -> None:
        monkeypatch.setattr("rollout.middleware.timezone.now", lambda: moment)

    return freeze


@pytest.fixture
def saved(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process read the saved plan for every request."""
    monkeypatch.setattr(plan, "cache", plan.Cache())
    monkeypatch.setattr(plan, "FRESH", 0.0)


UNDECIDED = override_settings(V1_DEPRECATED_AT=None, V1_SUNSET_AT=None, V1_GUIDE_URL="", V1_BROWNOUTS=[])
"""Settings without a deprecation or a sunset of v1."""


def moment(text: str) -> datetime:
    """Return a moment in UTC, `2027-01-10T10:00:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
