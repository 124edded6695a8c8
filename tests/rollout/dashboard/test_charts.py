"""The data of the charts."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from django.contrib.auth.models import User

from rollout.dashboard.charts import RANGES, Bar, bars, charts, sparkline, users_left
from rollout.lifecycle import Brownout, Lifecycle
from rollout.models import LastCall
from rollout.status import status as statuses
from rollout.status.counts import Calls
from rollout.status.status import Criteria, status
from tests.rollout import traffic
from tests.rollout.status.conftest import NOW, TODAY, ago, record

pytestmark = pytest.mark.django_db

PLAN = Lifecycle(
    deprecated_at=datetime(2026, 11, 1, 12, tzinfo=UTC),
    sunset_at=datetime(2026, 12, 10, tzinfo=UTC),
    brownouts=[
        Brownout(datetime(2026, 11, 20, 6, tzinfo=UTC), timedelta(hours=12)),
        Brownout(datetime(2026, 9, 1, tzinfo=UTC), timedelta(hours=1)),
    ],
)


@pytest.mark.parametrize(("name", "count", "days"), [("4-weeks", 28, 1), ("12-weeks", 84, 1), ("year", 52, 7)])
def test_bars_cover_the_range(name: str, count: int, days: int) -> None:
    """Without gaps; the last bar ends today, and bars without calls are included."""
    record(0, "v1", 5)
    record(8, "v2", 7)
    shown = bars(RANGES[name], TODAY)
    assert len(shown) == count
    assert shown[-1].last == TODAY
    assert all((bar.last - bar.first).days == days - 1 for bar in shown)
    assert all(right.first - left.last == timedelta(days=1) for left, right in pairwise(shown))
    assert sum((bar.calls for bar in shown), Calls()) == Calls(old=5, new=7)
    assert shown[-1].calls == Calls(old=5)


def test_marks_have_the_position_of_their_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Positions are in bars from the left edge; moments outside the range are left out; a future sunset is marked."""
    monkeypatch.setattr(statuses, "lifecycle", lambda: PLAN)
    traffic.fill("nearly_done", NOW, days=70)
    chosen = RANGES["4-weeks"]
    shown = bars(chosen, TODAY)
    drawn = charts(status(NOW, Criteria()), chosen, shown, [0] * len(shown))
    first = shown[0].first
    assert first == ago(27) == date(2026, 10, 28)
    assert drawn["calls"]["marks"] == [
        {"kind": "deprecated", "from": 4.5, "to": 4.5},
        {"kind": "brownout", "from": 23.25, "to": 23.75},
    ]
    assert {"kind": "sunset", "from": 43.0, "to": 43.0} in drawn["share"]["marks"]
    share = drawn["share"]
    assert len(share["labels"]) == len(share["projected"]) > len(share["measured"]) == len(shown)
    assert share["projected"][-1] < share["projected"][0]


def test_without_a_trend_nothing_is_projected() -> None:
    """The chart ends with today."""
    traffic.fill("just_started", NOW)
    shown = bars(RANGES["4-weeks"], TODAY)
    share = charts(status(NOW, Criteria()), RANGES["4-weeks"], shown, [])["share"]
    assert share["projected"] == []
    assert len(share["labels"]) == len(shown)
    assert share["measured"][0] is None


def test_the_calls_of_a_bar_are_separated() -> None:
    """Answered and refused calls of v1, and calls of v2."""
    record(0, "v1", 5)
    record(0, "v1", 2, outcome="version_retired")
    record(0, "v2", 7)
    shown = [Bar(TODAY, TODAY, Calls(old=7, refused=2, new=7), refused=((TODAY, 2),))]
    assert bars(RANGES["4-weeks"], TODAY)[-1:] == shown
    drawn = charts(status(NOW, Criteria()), RANGES["4-weeks"], shown, [])
    assert {name: drawn["calls"][name] for name in ("answered", "refused", "new")} == {
        "answered": [5],
        "refused": [2],
        "new": [7],
    }
    assert drawn["share"]["measured"] == [50.0]


def test_the_bars_of_a_client() -> None:
    """They have its calls only."""
    record(0, "v1", 5, client="A/1")
    record(0, "v1", 7, client="A/10")
    assert bars(RANGES["4-weeks"], TODAY, "A/1")[-1].calls == Calls(old=5)


def test_users_left() -> None:
    """A user has left 28 days after the last call of v1; the last value is the one of the status."""
    for days in (0, 10, 28, 30, 50, 400):
        user = User.objects.create(username=f"user-{days}")
        LastCall.objects.create(user=user, version="v1", at=NOW - timedelta(days=days))
        LastCall.objects.create(user=user, version="v2", at=NOW)
    found = status(NOW, Criteria())
    left = dict(zip(range(27, -1, -1), users_left(found, bars(RANGES["4-weeks"], TODAY)), strict=True))
    assert left[0] == found.users.old == 3
    assert [left[days] for days in (1, 2, 3, 21, 22, 23, 27)] == [3, 3, 4, 4, 4, 5, 5]


def test_a_sparkline() -> None:
    """Zero is at the bottom, the largest value at the top; weeks without a value have no point."""
    assert sparkline([0.0, None, 0.5]) == "2.0,22.0 94.0,2.0"
    assert sparkline([0.0, 0.0]) == "2.0,22.0 94.0,22.0"
    assert sparkline([]) == ""
