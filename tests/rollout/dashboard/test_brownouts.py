"""The brownouts of the page, and refused calls without one."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import override_settings

from rollout import models
from rollout.dashboard.brownouts import concerning, shown_brownouts, unexplained
from rollout.lifecycle import Brownout, Lifecycle
from rollout.plan import Saved
from rollout.status.forecast import RecentCalls
from tests.rollout.mounted import V1_IS_MOUNTED

DAY = timedelta(days=1)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
RECENT = RecentCalls({"A/1": (24, 168)}, (1, 2))


def row(start: datetime, length: timedelta, **more: object) -> models.Brownout:
    return models.Brownout(start=start, end=start + length, **more)


def test_those_of_both_sources_in_their_order() -> None:
    """In words, with their state; only those that are not over have a forecast."""
    saved = Saved(
        models.Plan(),
        (
            row(NOW + DAY, DAY, share=25, client="A/1"),
            row(NOW - 3 * DAY, timedelta(hours=1)),
            row(NOW - 30 * DAY, timedelta(hours=1)),
        ),
    )
    with override_settings(V1_BROWNOUTS=[(NOW - timedelta(minutes=5), timedelta(minutes=15))]):
        shown = shown_brownouts(saved, NOW, RECENT, since=NOW - 7 * DAY)
    assert [(str(one), one.state, one.row is None, one.forecast is None) for one in shown] == [
        ("2026-11-21 12:00 to 13:00 UTC", "over", False, True),
        ("2026-11-24 11:55 to 12:10 UTC", "now", True, False),
        ("2026-11-25 12:00 to 2026-11-26 12:00 UTC, 25 % of calls of A/1", "to come", False, False),
    ]
    assert [one.state for one in concerning(shown, "B/1")] == ["over", "now"]
    assert len(concerning(shown, "A/1")) == 3


@V1_IS_MOUNTED
@pytest.mark.parametrize(
    ("plan", "sentence"),
    [
        (Lifecycle(), "410 in the past: 770 calls of v1 were refused on 2026-11-10, 2026-11-12, by"),
        (
            Lifecycle(brownouts=[Brownout(datetime(2026, 11, 10, 9, tzinfo=UTC), timedelta(hours=4))]),
            "410 in the past: 70 calls of v1 were refused on 2026-11-12, by",
        ),
        (Lifecycle(brownouts=[Brownout(datetime(2026, 11, 10, 23, tzinfo=UTC), 2 * DAY)]), ""),
        (Lifecycle(brownouts=[Brownout(datetime(2026, 11, 10, tzinfo=UTC), 2 * DAY)]), "70 calls of v1"),
        (Lifecycle(sunset_at=datetime(2026, 11, 10, 18, tzinfo=UTC)), ""),
        (Lifecycle(sunset_at=datetime(2026, 11, 11, tzinfo=UTC)), "700 calls of v1 were refused on 2026-11-10, by"),
    ],
)
def test_refused_calls_that_no_brownout_explains(plan: Lifecycle, sentence: str) -> None:
    """The days without a brownout or sunset are named, because the plan of those days has been changed since."""
    refused = [(date(2026, 11, 10), 700), (date(2026, 11, 11), 0), (date(2026, 11, 12), 70)]
    found = unexplained(refused, plan)
    assert sentence in found
    assert bool(sentence) == bool(found)


def test_a_deleted_version_explains_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its paths answer 410 to everything, or do not exist."""
    monkeypatch.setattr("rollout.dashboard.brownouts.old", lambda: None)
    assert unexplained([(date(2026, 11, 10), 7)], Lifecycle()) == ""
