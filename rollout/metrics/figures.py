"""How far the migration is, read from the database when it is asked for, and not more than once a minute."""

import logging
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from threading import Lock

from django.conf import settings
from django.db import Error
from django.db.models import Sum
from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from rollout.lifecycle import OLD, lifecycle
from rollout.metrics import catalogue, labels
from rollout.metrics.catalogue import Entry
from rollout.models import DailyCalls
from rollout.status.status import Criteria, Status, status
from rollout.status.users import Users, users
from rollout.status.versions import NEW_NAME, OLD_NAME
from shared.http.redaction import kind
from shared.http.urls import mounted

logger = logging.getLogger("tandem.metrics")
CRITERIA = Criteria()
"""As `migration_status` has them without options: four weeks, so that who comes every week counts the same each day."""
CLIENTS = 50
"""Clients that have a series of their own; the others are one together."""
OTHER_CLIENTS = "(other)"
KEPT_SECONDS = 60.0


class Figures:
    """What the database says, kept for a minute; where it is away, nothing."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._lock = Lock()
        self._known: list[Metric] = []
        self._until = 0.0

    def collect(self) -> Iterable[Metric]:
        """Give the figures."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._known = _read()
                self._until = time.monotonic() + KEPT_SECONDS
            return self._known


def _read() -> list[Metric]:
    found: list[Metric] = []
    try:
        found += _dates()
        found += _calls()
    except Error as error:
        logger.warning("The database's figures are left out of the metrics: %s", kind(error))
    return found


def _old_version() -> str | None:
    """Give the version that is to go; None when it has gone."""
    return next((mounted(app).version for app, prefix in settings.APIS.items() if prefix == OLD), None)


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
    counted = {OLD_NAME: lately.old, NEW_NAME: lately.new}
    family = _family(catalogue.ACTIVE_USERS)
    for version in labels.versions():
        family.add_metric([version], counted.get(version, 0))
    return family


def _client_calls(old: str) -> Metric:
    since = timezone.now().date() - timedelta(days=CRITERIA.days - 1)
    rows = DailyCalls.objects.filter(version=old, day__gte=since).values("client").annotate(total=Sum("calls"))
    calls: dict[str, int] = {}
    for place, row in enumerate(rows.order_by("-total", "client")):
        client = row["client"] if place < CLIENTS else OTHER_CLIENTS
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
