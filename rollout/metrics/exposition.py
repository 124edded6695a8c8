"""The text at `/metrics`: the metrics of all workers, and the state of the migration from the database.

The format is prometheus.io/docs/instrumenting/exposition_formats.
"""

import logging
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from threading import Lock

from django.db import Error, router
from django.db.models import Sum
from django.utils import timezone
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from rollout.lifecycle import lifecycle
from rollout.metrics import catalogue, directory
from rollout.metrics.catalogue import Entry
from rollout.metrics.receivers import Receivers
from rollout.models import DailyCalls
from rollout.status.counts import Users, new_name, old_name, users
from rollout.status.status import Criteria, Status, status
from shared.http.database import limit_statements
from shared.http.redaction import exception_name
from shared.http.urls import old

logger = logging.getLogger("tandem.metrics")
CRITERIA = Criteria()
"""The defaults of `migration_status`: four whole weeks, so that a weekly visitor counts the same on each day."""
MAX_CLIENTS = 50
"""Clients with a series of their own; the others share one."""
OTHER_CLIENTS = "(other)"
CACHE_SECONDS = 60.0
MAX_STATEMENT = 5.0
"""Seconds for each statement; all of them together take less than one with a million rows."""
MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4
"""The form that every Prometheus reads; metrics of several workers have nothing that newer forms add."""


class Exposition:
    """The metrics of the receivers, and of the database."""

    def __init__(self, receivers: Receivers) -> None:
        """Store the receivers."""
        self.receivers = receivers
        self._migration = MigrationMetrics()

    def collect(self) -> Iterable[Metric]:
        """Return all metrics by name; if there are several workers, those of all of them."""
        shared = directory.current()
        counted = self.receivers.registry.collect() if shared is None else directory.collect(shared)
        return sorted([*counted, *self._migration.collect()], key=lambda metric: metric.name)

    def text(self) -> bytes:
        """Return the text."""
        return generate_latest(self)


@cache
def exposition() -> Exposition:
    """Return the exposition of this process."""
    return Exposition(Receivers(CollectorRegistry()))


class MigrationMetrics:
    """The metrics from the database, cached for a minute; none while it is down. One thread at a time reads them."""

    def __init__(self) -> None:
        """Start with an empty cache."""
        self._reading = Lock()
        self._cached: list[Metric] = []
        self._until = 0.0

    def collect(self) -> Iterable[Metric]:
        """Return the metrics; the last ones while another thread reads, because the database may let it wait."""
        if time.monotonic() >= self._until and self._reading.acquire(blocking=False):
            try:
                self._cached = _read()
                self._until = time.monotonic() + CACHE_SECONDS
            finally:
                self._reading.release()
        return self._cached


def _read() -> list[Metric]:
    found: list[Metric] = []
    try:
        found += _dates()
        with limit_statements(router.db_for_read(DailyCalls), MAX_STATEMENT):
            found += _calls()
    except Error as error:
        logger.warning("The metrics from the database are left out: %s", exception_name(error))
    return found


def _old_version() -> str | None:
    """Return the version that will be, or is, retired; None if there is none."""
    api = old()
    return None if api is None else api.version


def _dates() -> Iterable[Metric]:
    if _old_version() is None:
        return
    current = lifecycle()
    for entry, moment in ((catalogue.DEPRECATED_AT, current.deprecated_at), (catalogue.SUNSET_AT, current.sunset_at)):
        if moment is not None:
            yield GaugeMetricFamily(entry.name, entry.meaning, value=moment.timestamp())


def _calls() -> Iterable[Metric]:
    now, old = timezone.now(), _old_version()
    if old is None:
        yield _active_users(users(now - timedelta(days=CRITERIA.days)))
        return
    found = status(now, CRITERIA)
    yield _active_users(found.users)
    yield _client_calls(old)
    yield from _outlook(found)


def _active_users(lately: Users) -> Metric:
    counted = {old_name(): lately.old, new_name(): lately.new}
    family = _family(catalogue.ACTIVE_USERS)
    for version in catalogue.mounted_versions():
        family.add_metric([version], counted.get(version, 0))
    return family


def _client_calls(old: str) -> Metric:
    since = timezone.now().date() - timedelta(days=CRITERIA.days - 1)
    rows = DailyCalls.objects.filter(version=old, day__gte=since).values("client").annotate(total=Sum("calls"))
    calls: dict[str, int] = {}
    for rank, row in enumerate(rows.order_by("-total", "client")):
        client = row["client"] if rank < MAX_CLIENTS else OTHER_CLIENTS
        calls[client] = calls.get(client, 0) + row["total"]
    family = _family(catalogue.CLIENT_CALLS)
    for client, total in calls.items():
        family.add_metric([old, client], total)
    return family


def _outlook(found: Status) -> Iterable[Metric]:
    depend, end = catalogue.DEPENDENT_USERS, catalogue.PROJECTED_END
    yield GaugeMetricFamily(depend.name, depend.meaning, value=found.users.depend)
    if found.projection.day is not None:
        midnight = datetime.combine(found.projection.day, datetime.min.time(), UTC)
        yield GaugeMetricFamily(end.name, end.meaning, value=midnight.timestamp())


def _family(entry: Entry) -> GaugeMetricFamily:
    return GaugeMetricFamily(entry.name, entry.meaning, labels=entry.labels)
