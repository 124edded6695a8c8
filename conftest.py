"""What holds for the tests of every room, those beside an adapter included."""

import os

import pytest
from hypothesis import HealthCheck, settings

from rollout import plan

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
settings.register_profile(
    "tests",
    # Two cores may have much else to do.
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    # What failed once must fail again for whoever looks at it, and no change fails for what it has not touched.
    derandomize=not LONG,
    database=None,
    print_blob=True,
)
settings.load_profile("tests")


@pytest.fixture(autouse=True)
def nothing_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this process cache an empty plan, so that no test reads it from the database by accident."""
    monkeypatch.setattr(plan, "cache", plan.Cache(read=lambda: plan.NOTHING))
