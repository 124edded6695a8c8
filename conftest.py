"""What holds for the tests of every room, those beside an adapter included."""

import pytest

from rollout import plan


@pytest.fixture(autouse=True)
def nothing_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let staff have saved nothing, as far as this process knows: no test asks the database for it unawares."""
    monkeypatch.setattr(plan, "known", plan.Known(read=lambda: plan.NOTHING))
