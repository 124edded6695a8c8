"""The metrics from the database."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError
from django.utils import timezone
from prometheus_client import Metric
from pytest_django import DjangoAssertNumQueries, Settings

from rollout.metrics import exposition
from rollout.metrics.exposition import CACHE_SECONDS, MAX_CLIENTS, MigrationMetrics
from rollout.models import DailyCalls, LastCall
from rollout.status.status import Criteria, status
from tests.contract.conftest import ApiClient
from tests.rollout import traffic
from tests.rollout.conftest import moment
from tests.rollout.metrics.conftest import Scrape
from tests.rollout.metrics.scraping import samples, value

pytestmark = pytest.mark.django_db


def called(version: str, *days_ago: float) -> None:
    """Store that a user each called a version this number of days ago."""
    for days in days_ago:
        name = f"user-{version}-{days}"
        user = get_user_model()._default_manager.create(username=name)
        LastCall.objects.create(user=user, version=version, at=timezone.now() - timedelta(days=days))


def counted(client: str, calls: int, *, days_ago: int = 0, version: str = "v1", outcome: str = "ok") -> None:
    """Store this number of calls of a client in the ledger."""
    day = timezone.now().date() - timedelta(days=days_ago)
    DailyCalls.objects.create(day=day, version=version, client=client, resource="user", outcome=outcome, calls=calls)


def test_active_users(scrape: Scrape, v1: ApiClient) -> None:
    """Users who called a mounted version within 28 days, once for each version."""
    called("v1", 0, 27.9, 28.1, 300)
    called("v2", 1)
    called("v0", 1)
    text = scrape()
    assert value(text, "tandem_active_users", version="v1") == 2
    assert value(text, "tandem_active_users", version="v2") == 1
    assert len(samples(text)["tandem_active_users"]) == 2


def test_clients_of_the_old_version(scrape: Scrape, v1: ApiClient) -> None:
    """All their calls of 28 days, today included; not those of v2."""
    counted("ShopApp/2.1", 5)
    counted("ShopApp/2.1", 7, outcome="not_found")
    counted("ShopApp/2.1", 11, days_ago=27)
    counted("ShopApp/2.1", 13, days_ago=28)
    counted('odd"\\client', 1)
    counted("ShopApp/3.0", 99, version="v2")
    found = samples(scrape())["tandem_client_calls"]
    assert {dict(series)["client"]: count for series, count in found.items()} == {"ShopApp/2.1": 23, 'odd"\\client': 1}
    assert {dict(series)["version"] for series in found} == {"v1"}


def test_clients_are_bounded(scrape: Scrape, v1: ApiClient) -> None:
    """The clients with most calls have a series of their own, and the others share one; the sum is complete."""
    for number in range(MAX_CLIENTS + 10):
        counted(f"Made-up/{number}", 1 + number)
    counted("(other)", 1000)
    found = {dict(series)["client"]: count for series, count in samples(scrape())["tandem_client_calls"].items()}
    assert len(found) == MAX_CLIENTS
    assert found["(other)"] == 1000 + sum(1 + number for number in range(11))
    assert found[f"Made-up/{MAX_CLIENTS + 9}"] == MAX_CLIENTS + 10


def test_dates(scrape: Scrape, v1: ApiClient, settings: Settings) -> None:
    """As Unix time; what is not decided is not there."""
    settings.V1_DEPRECATED_AT = moment("2027-01-10T10:00:00")
    text = scrape()
    assert value(text, "tandem_v1_deprecated_at_seconds") == 1799575200
    assert value(text, "tandem_v1_sunset_at_seconds") is None


def test_who_depends_and_when_it_ends(scrape: Scrape, v1: ApiClient) -> None:
    """As `migration_status` has it: who called both is moving; without a trend there is no end to tell."""
    called("v1", 3)
    user = get_user_model()._default_manager.get()
    LastCall.objects.create(user=user, version="v2", at=timezone.now())
    called("v1", 1, 40)
    text = scrape()
    assert value(text, "tandem_v1_dependent_users") == 1
    assert value(text, "tandem_v1_projected_end_seconds") is None


def test_a_projected_end(scrape: Scrape, v1: ApiClient) -> None:
    """The midnight at which the day begins that the command names."""
    traffic.fill("nearly_done", timezone.now())
    day = status(timezone.now(), Criteria()).projection.day
    assert day is not None
    assert value(scrape(), "tandem_v1_projected_end_seconds") == datetime(*day.timetuple()[:3], tzinfo=UTC).timestamp()


def test_a_version_that_is_gone_has_no_figures(scrape: Scrape, settings: Settings) -> None:
    """After the last deletion the rest is as before."""
    settings.APIS = {app: prefix for app, prefix in settings.APIS.items() if prefix != "api/v1/"}
    settings.RETIRED_APIS = {}
    settings.V1_DEPRECATED_AT = moment("2027-01-10T10:00:00")
    counted("ShopApp/2.1", 5)
    called("v1", 1)
    found = samples(scrape())
    assert "tandem_client_calls" not in found
    assert "tandem_v1_dependent_users" not in found
    assert "tandem_v1_deprecated_at_seconds" not in found
    assert [dict(series) for series in found["tandem_active_users"]] == [{"version": "v2"}]


def test_the_database_is_asked_once_a_minute(
    scrape: Scrape,
    v1: ApiClient,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    """However often Prometheus comes; then again."""
    clock = [1000.0]
    monkeypatch.setattr("rollout.metrics.exposition.time.monotonic", lambda: clock[0])
    scrape()
    called("v2", 1)
    with django_assert_num_queries(0):
        assert value(scrape(), "tandem_active_users", version="v2") == 0
        clock[0] += CACHE_SECONDS - 1
        scrape()
    clock[0] += 1
    assert value(scrape(), "tandem_active_users", version="v2") == 1


@pytest.mark.threat(68)
def test_a_scrape_during_a_read_has_the_last_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not wait; the values of the read are in the next scrape."""
    begun, done = threading.Event(), threading.Event()
    before, after = [Metric("before", "", "gauge")], [Metric("after", "", "gauge")]

    def slow() -> list[Metric]:
        begun.set()
        assert done.wait(30)
        return after

    metrics = MigrationMetrics()
    metrics._cached = before
    monkeypatch.setattr(exposition, "_read", slow)
    with ThreadPoolExecutor(2) as scrapes:
        reading = scrapes.submit(metrics.collect)
        assert begun.wait(30)
        try:
            assert scrapes.submit(metrics.collect).result(30) is before
        finally:
            done.set()
        assert reading.result() is after
    assert metrics.collect() is after


def test_without_the_database_the_rest_is_there(
    scrape: Scrape,
    settings: Settings,
    v1: ApiClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Its figures are missing rather than zero, and the log says so, not in the driver's words."""
    settings.V1_DEPRECATED_AT = moment("2027-01-10T10:00:00")

    def away(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("secret words")

    monkeypatch.setattr(LastCall.objects, "filter", away)
    text = scrape()
    assert "tandem_active_users" not in text
    assert "tandem_client_calls" not in text
    assert value(text, "tandem_throttled_total", kind="user") == 0
    assert value(text, "tandem_v1_deprecated_at_seconds") is not None
    (line,) = [record.getMessage() for record in caplog.records if record.name == "tandem.metrics"]
    assert line.endswith("django.db.utils.OperationalError")
