"""The saved plan: its effect, and that no request waits for it or fails because of it."""

import logging
import threading
import time
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import override_settings
from pytest_django import DjangoAssertNumQueries

from rollout import plan
from rollout.lifecycle import lifecycle
from rollout.models import Brownout, Plan
from shared.http.logs import RateLimitedLog
from tests.contract.conftest import ApiClient
from tests.rollout.conftest import UNDECIDED, Freeze, moment
from tests.rollout.test_announcement import announced

EARLY, LATER, LATE = moment("2026-12-01T00:00:00"), moment("2027-03-01T00:00:00"), moment("2027-06-30T00:00:00")
NOW = moment("2027-04-01T00:00:00")
GUIDE = "https://example.com/migrate"
SAID = override_settings(V1_DEPRECATED_AT=EARLY, V1_SUNSET_AT=LATE, V1_GUIDE_URL=GUIDE, V1_BROWNOUTS=[])


def save(**fields: Any) -> None:
    """Save the plan as the admin does."""
    Plan.objects.update_or_create(pk=plan.PLAN_ID, defaults=fields)


@UNDECIDED
@pytest.mark.usefixtures("saved")
def test_the_saved_plan_applies(v1: ApiClient) -> None:
    """Dates and guide apply like settings from the next read on, and no longer once the row is deleted."""
    assert announced(v1.get("")) == {}
    save(deprecated_at=EARLY, sunset_at=LATE, guide=GUIDE)
    assert announced(v1.get("")) == {
        "Deprecation": "@1796083200",
        "Sunset": "Wed, 30 Jun 2027 00:00:00 GMT",
        "Link": f'</api/v2/>; rel="successor-version", <{GUIDE}>; rel="deprecation"; type="text/html", '
        f'<{GUIDE}>; rel="sunset"; type="text/html"',
    }
    Plan.objects.all().delete()
    assert announced(v1.get("")) == {}


@SAID
@pytest.mark.usefixtures("saved")
def test_empty_fields_are_those_of_the_settings() -> None:
    """For each field separately."""
    as_said = lifecycle()
    save(sunset_at=LATER)
    assert (lifecycle().deprecated_at, lifecycle().sunset_at, lifecycle().guide) == (EARLY, LATER, GUIDE)
    save(sunset_at=None, deprecated_at=LATER)
    assert (lifecycle().deprecated_at, lifecycle().sunset_at, lifecycle().guide) == (LATER, LATE, GUIDE)
    save(deprecated_at=None, guide="https://example.com/other")
    assert lifecycle().guide == "https://example.com/other"
    save(guide="")
    assert lifecycle() == as_said


@SAID
@pytest.mark.usefixtures("saved")
def test_a_moved_sunset_applies_at_once(v1: ApiClient, freeze: Freeze) -> None:
    """An earlier sunset switches v1 off, a later one on again."""
    freeze(NOW)
    assert v1.get("provider/").status_code == 200
    save(sunset_at=LATER)
    assert v1.get("provider/").status_code == 410
    save(sunset_at=None)
    assert v1.get("provider/").status_code == 200


@pytest.mark.usefixtures("saved")
@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({}, {"sunset_at": LATER}),
        ({}, {"deprecated_at": LATE, "sunset_at": LATER}),
        ({"V1_DEPRECATED_AT": LATE}, {"sunset_at": LATER}),
        ({"V1_DEPRECATED_AT": EARLY, "V1_SUNSET_AT": LATER}, {"deprecated_at": LATE}),
    ],
    ids=["no deprecation", "both saved", "a later one in the settings", "an earlier end in the settings"],
)
def test_a_sunset_without_a_deprecation_is_ignored(
    v1: ApiClient,
    freeze: Freeze,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    said: dict[str, Any],
    fields: dict[str, Any],
) -> None:
    """However it was saved: it is neither announced nor applied, and the log says so once."""
    monkeypatch.setattr(
        "rollout.lifecycle._contradicted", RateLimitedLog(logging.getLogger("tandem.lifecycle"), "W001")
    )
    save(**fields)
    freeze(NOW)
    with UNDECIDED, override_settings(**said):
        for _ in range(3):
            response = v1.get("provider/")
            assert response.status_code == 200
            assert "Sunset" not in response
    assert [record.message for record in caplog.records if record.name == "tandem.lifecycle"] == ["W001"]


@UNDECIDED
@pytest.mark.usefixtures("saved")
@pytest.mark.parametrize(
    "guide", ["https://example.com/\r\nX: y", "https://example.com/>; rel=x", "javascript:alert(1)"]
)
def test_an_invalid_guide_is_left_out(v1: ApiClient, guide: str) -> None:
    """An invalid guide, saved without the admin, is left out."""
    save(deprecated_at=EARLY, guide=guide)
    assert announced(v1.get("")) == {"Deprecation": "@1796083200", "Link": '</api/v2/>; rel="successor-version"'}


@pytest.mark.django_db
def test_it_is_read_every_few_seconds(
    v1: ApiClient, v2: ApiClient, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Two small queries, then none for a while; v2 never reads it."""
    monkeypatch.setattr(plan, "cache", plan.Cache())
    monkeypatch.setattr(plan, "FRESH", 600.0)  # ten calls may take two seconds
    with django_assert_num_queries(0):
        v2.get("provider/")
    with django_assert_num_queries(2):
        v1.get("provider/")
    with django_assert_num_queries(0):
        for _ in range(10):
            v1.get("provider/")
    monkeypatch.setattr(plan.cache, "_read_at", time.monotonic() - plan.FRESH)
    with django_assert_num_queries(2):
        v1.get("provider/")


@pytest.mark.django_db
def test_past_brownouts_are_not_read(freeze: Freeze) -> None:
    """Years of brownouts cost nothing."""
    freeze(NOW)
    for start, end in ((EARLY, LATER), (EARLY, NOW), (LATER, LATE)):
        Brownout.objects.create(start=start, end=end)
    assert [(row.start, row.end) for row in plan.read_saved().brownouts] == [(LATER, LATE)]


@UNDECIDED
@pytest.mark.usefixtures("saved")
def test_the_database_away_changes_nothing(
    v1: ApiClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cached plan is used, paths that need no database work, and one line a minute is logged."""
    monkeypatch.setattr(plan, "_read_failures", RateLimitedLog(logging.getLogger("tandem.lifecycle"), "Away: %s."))
    save(deprecated_at=EARLY)
    assert "Deprecation" in v1.get("provider/")
    Plan.objects.all().delete()

    def away(*_: Any) -> Any:
        raise OperationalError("canary")

    with connection.execute_wrapper(away):
        for _ in range(3):
            response = v1.get("provider/")
            assert (response.status_code, response["Deprecation"]) == (200, "@1796083200")
        monkeypatch.setattr(plan, "cache", plan.Cache())
        response = v1.get("provider/")
        assert (response.status_code, "Deprecation" in response) == (200, False)
    assert [record.message for record in caplog.records if record.name == "tandem.lifecycle"] == [
        "Away: OperationalError."
    ]
    save(deprecated_at=EARLY)
    assert "Deprecation" in v1.get("provider/")


@pytest.mark.django_db(transaction=True)
def test_the_connection_is_closed(v1: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, because a client may take a minute to send the rest of its request."""
    events: list[str] = []
    close = connection.close
    monkeypatch.setattr(plan, "cache", plan.Cache())
    # As with a pool; SQLite keeps the connection of its thread.
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)

    def closing() -> None:
        events.append("given back")
        close()

    monkeypatch.setattr(connection, "close", closing)

    def executing(execute: Any, *rest: Any) -> Any:
        events.append("read")
        return execute(*rest)

    with connection.execute_wrapper(executing):
        v1.get("provider/")
    assert events == ["read", "read", "given back"]


class SlowRows:
    """Rows that take as long to read as a test wants."""

    def __init__(self) -> None:
        self.reads = 0
        self.begun, self.done = threading.Event(), threading.Event()
        self.rows = plan.Saved(Plan(guide=GUIDE), ())
        self.cache = plan.Cache(self.read)

    def read(self) -> plan.Saved:
        self.reads += 1
        self.begun.set()
        assert self.done.wait(30)
        return self.rows


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the time limit of the threads of this test."""
    monkeypatch.setattr(plan, "FRESH", 600.0)
    monkeypatch.setattr(plan, "STALE", 6000.0)
    monkeypatch.setattr(plan, "MAX_WAIT", 30.0)


@pytest.mark.django_db
@pytest.mark.usefixtures("unhurried")
def test_one_thread_reads() -> None:
    """The other threads use the cached plan."""
    slow = SlowRows()
    slow.cache._read_at = time.monotonic() - (plan.FRESH + plan.STALE) / 2
    looking = threading.Thread(target=slow.cache.saved)
    looking.start()
    assert slow.begun.wait(30)
    assert slow.cache.saved() is plan.NOTHING
    slow.done.set()
    looking.join()
    assert (slow.cache.saved(), slow.reads) == (slow.rows, 1)


@pytest.mark.django_db
@pytest.mark.usefixtures("unhurried")
def test_the_first_requests_wait() -> None:
    """In a new process the first requests wait for the thread that reads, for a limited time."""
    slow = SlowRows()
    found: list[plan.Saved] = []
    callers = [threading.Thread(target=lambda: found.append(slow.cache.saved())) for _ in range(4)]
    for caller in callers:
        caller.start()
    assert slow.begun.wait(30)
    slow.done.set()
    for caller in callers:
        caller.join()
    assert (found, slow.reads) == ([slow.rows] * 4, 1)


def test_the_wait_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """If reading takes too long, the settings apply meanwhile."""
    monkeypatch.setattr(plan, "MAX_WAIT", 0.01)
    slow = SlowRows()
    with slow.cache._reading:
        assert slow.cache.saved() is plan.NOTHING
    assert slow.reads == 0
