"""The made-up year of the demo."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import override_settings

from demo import seeded_year
from demo.programs import DATABASES_PREFIX
from demo.seeded_year import RefusedError, fill
from rollout.dashboard import content
from rollout.lifecycle import Lifecycle
from rollout.models import Brownout, DailyCalls, LastCall, Plan
from rollout.status import status as statuses
from rollout.status.status import Criteria, status
from rollout.status.verdict import Answer, verdict

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_no_other_plan")]

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SANDBOX = override_settings(SANDBOX=True)


@pytest.fixture
def _no_other_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the tests' database count as the demo's, and read the saved plan without the cache of two seconds."""
    monkeypatch.setitem(settings.DATABASES["default"], "NAME", f"/{DATABASES_PREFIX}x/8000.sqlite3")
    monkeypatch.setattr(statuses, "lifecycle", lambda: Lifecycle(sunset_at=NOW + seeded_year.SUNSET))


@SANDBOX
def test_the_year() -> None:
    """It tells a story, each refused call has its brownout, and all fits the plan."""
    fill(NOW)
    _tells_a_story()
    _refused_calls_have_their_brownouts()
    _fits_the_plan()


def _tells_a_story() -> None:
    """V1 falls to a few percent and v2 rises; some users are left; the projection meets the sunset."""
    found = status(NOW, Criteria())
    assert found.recorded is not None
    assert (found.today - found.recorded.first).days == seeded_year.DAYS - 1
    assert verdict(found).answer is Answer.NOT_YET
    shares = [week.share for week in found.totals]
    assert shares == sorted(shares, key=lambda share: -(share or 0))
    assert 0.01 < (shares[-1] or 0) < 0.05
    assert 0 < found.users.depend < found.users.moving < found.users.new
    assert found.projection.day is not None
    assert found.sunset is not None
    assert found.projection.day < found.sunset
    assert [client.name for client in found.clients if client.line and not client.line.falls] == ["LegacyPOS/1.0"]


def _refused_calls_have_their_brownouts() -> None:
    """Each day with refused calls has a brownout of that client, and each past brownout has refused calls."""
    refused = DailyCalls.objects.filter(outcome="version_retired")
    days = {(row.day, row.client) for row in refused}
    past = list(Brownout.objects.filter(end__lte=NOW))
    assert len(past) > 1
    assert {day for day, _ in days} == {brownout.start.date() for brownout in past}
    for day, client in days:
        assert any(one.start.date() == day and one.client in {"", client} for one in past)
    assert Brownout.objects.filter(start__gt=NOW).exists()
    shown = content.migration(status(NOW, Criteria()), "year")
    assert (shown["unexplained"], len(shown["brownouts"])) == ("", Brownout.objects.count())


def _fits_the_plan() -> None:
    """V1 is deprecated and not over; nothing is called in the future, and the people have no passwords."""
    plan = Plan.objects.get()
    assert plan.deprecated_at is not None
    assert plan.sunset_at is not None
    assert plan.deprecated_at < NOW < plan.sunset_at
    assert not DailyCalls.objects.filter(day__gt=NOW.date()).exists()
    assert not LastCall.objects.filter(at__gt=NOW).exists()
    for version, client in LastCall.objects.values_list("version", "client").distinct():
        assert DailyCalls.objects.filter(version=version, client=client).exists()
    assert not any(user.has_usable_password() for user in User.objects.all()[:20])
    assert User.objects.filter(is_staff=True).count() == 0


def test_it_is_the_same_each_time() -> None:
    """The rows depend on the moment alone."""
    today = date(2026, 11, 24)
    assert list(seeded_year.calls(today, 0.5)) == list(seeded_year.calls(today, 0.5))
    assert list(seeded_year.last_calls(NOW)) == list(seeded_year.last_calls(NOW))
    keys = Counter(tuple(str(value) for value in list(row.values())[:-1]) for row in seeded_year.calls(today, 0.5))
    assert max(keys.values()) == 1


@pytest.mark.parametrize("sandbox", [False, True])
def test_it_is_refused_elsewhere(sandbox: bool) -> None:
    """Without the sandbox, and where there is a plan already: nothing is written."""
    if sandbox:
        Plan.objects.create(pk=1, deprecated_at=NOW - timedelta(days=1))
    with override_settings(SANDBOX=sandbox), pytest.raises(RefusedError):
        fill(NOW)
    assert not DailyCalls.objects.exists()
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ENGINE", "django.db.backends.postgresql"),
        ("NAME", "/srv/tandem/db.sqlite3"),
        ("NAME", "file:memorydb?mode=memory"),
    ],
)
def test_another_database_is_refused(monkeypatch: pytest.MonkeyPatch, key: str, value: str) -> None:
    """A database server is never the demo's, and neither is a file elsewhere."""
    monkeypatch.setitem(settings.DATABASES["default"], key, value)
    with SANDBOX, pytest.raises(RefusedError):
        fill(NOW)
    assert not User.objects.exists()
