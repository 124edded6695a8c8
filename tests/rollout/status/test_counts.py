"""The counts of small tables that can be added up by hand."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from rollout.models import LastCall
from rollout.status import counts
from rollout.status.counts import Calls, Recorded, Users, users, users_by_client, weeks
from tests.rollout.status.conftest import NOW, TODAY, ago, record

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables")]


def test_calls_by_day() -> None:
    """Resources and outcomes are added, 410s are included in v1 and counted separately, unknown paths are left out."""
    record(1, "v1", 5)
    record(1, "v1", 3, resource="token")
    record(1, "v1", 2, outcome="version_retired")
    record(1, "v2", 30, client="App/2")
    record(0, "v2", 7)
    record(0, "v1", 900, resource="unknown", outcome="not_found")
    record(9, "v1", 1)
    assert counts.by_day(ago(8), TODAY) == {
        ago(1): Calls(old=10, refused=2, new=30),
        TODAY: Calls(new=7),
    }
    assert Calls(old=10, refused=2, new=30).share == 0.25
    assert Calls().share is None


def test_calls_by_client_and_week() -> None:
    """A week is seven days and the last one ends today; older and future calls are left out."""
    for days, calls in ((0, 1), (6, 10), (7, 100), (13, 1_000), (14, 10_000)):
        record(days, "v1", calls)
    record(-1, "v1", 100_000)
    record(7, "v2", 5, client="App/2")
    record(7, "v1", 4, client="App/2", outcome="version_retired")
    assert counts.by_client(weeks(TODAY, 2)) == {
        "App/1": [Calls(old=1_100), Calls(old=11)],
        "App/2": [Calls(old=4, refused=4, new=5), Calls()],
    }


def test_the_last_day_of_each_client() -> None:
    """However long ago; calls of v2 and of unknown paths do not count."""
    record(300, "v1", 1, client="Old/1")
    record(301, "v1", 1, client="Old/1")
    record(0, "v2", 1, client="Old/1")
    record(0, "v1", 1, client="Scanner", resource="unknown")
    assert counts.last_days("client") == {"Old/1": ago(300)}


def test_outcomes_of_the_old_version() -> None:
    """The most frequent first."""
    record(0, "v1", 3, outcome="throttled")
    record(0, "v1", 2, outcome="ok")
    record(1, "v1", 2, outcome="ok")
    record(0, "v2", 50, outcome="created")
    record(2, "v1", 50, outcome="created")
    assert list(counts.outcomes(ago(1), TODAY).items()) == [("ok", 4), ("throttled", 3)]


def test_the_first_and_last_recorded_day() -> None:
    """Calls of both versions count."""
    assert counts.recorded() is None
    record(40, "v2", 1)
    record(3, "v1", 1)
    assert counts.recorded() == Recorded(ago(40), ago(3))


def test_sums_beyond_32_bits() -> None:
    """Large services have them."""
    record(0, "v1", 3_000_000_000)
    record(0, "v1", 3_000_000_000, resource="token")
    (calls,) = counts.by_day(TODAY, TODAY).values()
    assert calls.old == 6_000_000_000


def test_users_by_client() -> None:
    """Users of v1 lately, each at the client of the last call."""
    lately, before = NOW - timedelta(days=27), NOW - timedelta(days=29)
    for number, (client, version, at) in enumerate(
        [("A/1", "v1", lately), ("A/1", "v1", NOW), ("A/1", "v1", before), ("A/1", "v2", NOW), ("", "v1", NOW)]
    ):
        user = User.objects.create(username=f"person-{number}")
        LastCall.objects.create(user=user, version=version, at=at, client=client)
    assert users_by_client(NOW - timedelta(days=28)) == {"A/1": 2, "": 1}


def test_users() -> None:
    """Users who called v1 lately, both versions lately, and v2 lately; earlier calls do not count."""
    lately, before = NOW - timedelta(days=27), NOW - timedelta(days=29)
    for number, (old, new) in enumerate(
        [(lately, None), (NOW, None), (lately, lately), (lately, before), (before, lately), (before, None), (None, NOW)]
    ):
        user = User.objects.create(username=f"person-{number}")
        for version, at in (("v1", old), ("v2", new)):
            if at is not None:
                LastCall.objects.create(user=user, version=version, at=at)
    found = users(NOW - timedelta(days=28))
    assert found == Users(old=4, moving=1, new=3)
    assert found.depend == 3
