"""What a brownout would have refused."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from rollout.lifecycle import Brownout
from rollout.models import LastCall
from rollout.status.forecast import RecentCalls, recent_calls
from tests.rollout.status.conftest import NOW, TODAY, record

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables")]
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _week(tables: None) -> None:
    """Calls of three clients on each of nine days, and four users."""
    for days in range(9):
        record(days, "v1", 240, client="ShopApp/2.1")
        record(days, "v1", 24, client="ShopApp/2.4", outcome="version_retired")
        record(days, "v1", 48, client="Backoffice/7.0")
        record(days, "v1", 999, client="curl/8", resource="unknown")
        record(days, "v2", 5000, client="ShopApp/2.1")
    for days, version in ((0, "v1"), (1, "v1"), (3, "v1"), (30, "v1"), (0, "v2")):
        user = User.objects.create(username=f"{version}-{days}")
        LastCall.objects.create(user=user, version=version, at=NOW - timedelta(days=days))


@pytest.mark.parametrize(
    ("length", "share", "client", "yesterday", "week"),
    [
        (HOUR, 100, "", "about 13 of 312 calls", "about 91 of 2,184 calls"),
        (12 * HOUR, 50, "ShopApp", "about 66 of 264 calls", "about 462 of 1,848 calls"),
        (12 * HOUR, 100, "ShopApp/2.4", "about 12 of 24 calls", "about 84 of 168 calls"),
        (24 * HOUR, 100, "Backoffice/7.0", "48 of 48 calls", "336 of 336 calls"),
        (999 * HOUR, 25, "", "about 78 of 312 calls", "about 546 of 2,184 calls"),
        (HOUR, 100, "Nobody/1", "no calls", "no calls"),
    ],
)
def test_the_share_of_the_hours(length: timedelta, share: int, client: str, yesterday: str, week: str) -> None:
    """The calls of the clients concerned, by the hours and the share; today, which is not over, does not count."""
    forecast = recent_calls(TODAY).forecast(Brownout(NOW, length, share, client))
    assert (forecast.yesterday.words, forecast.week.words) == (yesterday, week)


def test_users_are_at_most_those_who_called_since() -> None:
    """They are not known by client, but a client does not have more users than calls."""
    recent = recent_calls(TODAY)
    forecast = recent.forecast(Brownout(NOW, HOUR))
    assert (forecast.yesterday.users, forecast.week.users) == (2, 3)
    assert recent.forecast(Brownout(NOW, HOUR, client="Nobody/1")).yesterday.users == 0
    few = RecentCalls({"ShopApp/2.4": (1, 2)}, (2, 3)).forecast(Brownout(NOW, HOUR, client="ShopApp"))
    assert (few.yesterday.users, few.week.users) == (1, 2)


def test_the_sentences() -> None:
    """With times and without."""
    recent = recent_calls(TODAY)
    assert str(recent.forecast(Brownout(NOW, HOUR))) == (
        "Yesterday it would have refused about 13 of 312 calls of v1, at the same hours of the 7 days before today "
        "about 91 of 2,184 calls. At most 2 users would have noticed yesterday."
    )
    assert recent.words("ShopApp") == "ShopApp made 264 calls of v1 yesterday, and 1,848 in the 7 days before today."
    assert recent.words("") == "All clients made 312 calls of v1 yesterday, and 2,184 in the 7 days before today."
    assert recent.of("ShopApp/2.4").forecast(Brownout(NOW, 24 * HOUR)).yesterday.calls == 24
