"""Settings of Hypothesis, and the fixtures that every test uses, for tests in all folders."""

import os

import pytest
from hypothesis import HealthCheck, settings

from rollout import plan
from shared.http import settings as read_settings

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
settings.register_profile(
    "tests",
    # A busy machine may take any time for an example.
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    # The same examples on each run: a failure can be repeated, and comes from the change at hand.
    derandomize=not LONG,
    database=None,
    print_blob=True,
)
settings.load_profile("tests")


@pytest.fixture(autouse=True)
def empty_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use an empty retirement plan without a query: tests without a database call the API too."""
    monkeypatch.setattr(plan, "cache", plan.Cache(read=lambda: plan.NOTHING))


@pytest.fixture(autouse=True)
def no_kept_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read each setting again: pytest-django sends no signal when a test deletes one."""
    monkeypatch.setattr(read_settings, "_values", {})
