"""Delete old rows: counts after LEDGER_DAYS, and last calls of users after LAST_CALL_DAYS."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db import router
from django.db.models import QuerySet
from django.utils import timezone

from rollout.conf import conf
from rollout.models import DailyCalls, LastCall

BATCH_SIZE = 1000
"""Rows of a transaction; short enough that other transactions do not wait for it."""


def old_rows() -> dict[str, QuerySet[Any]]:
    """Return the rows to delete, by a name for each kind."""
    now, using = timezone.now(), router.db_for_write(DailyCalls)
    return {
        "counts of a day": DailyCalls.objects.using(using).filter(day__lt=now.date() - conf.calls_kept),
        "last calls of users": LastCall.objects.using(using).filter(at__lt=now - conf.last_calls_kept),
    }


def delete(rows: QuerySet[Any], *, batch_size: int) -> Iterator[int]:
    """Delete rows in batches, each in a transaction of its own, and yield the number of each batch."""
    while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:batch_size]):
        deleted, _ = rows.filter(pk__in=ids).order_by().delete()
        yield deleted


class Retention:
    """Deletes old rows once a day in each process, a batch after each flush; a second process finds none left."""

    def __init__(self) -> None:
        """Start with nothing deleted today."""
        self._done: date | None = None

    def step(self) -> None:
        """Delete one batch, unless all of today's is deleted."""
        today = timezone.now().date()
        if self._done == today:
            return
        # Set first, so that a failure is repeated tomorrow rather than after every flush.
        self._done = today
        deleted = [next(delete(rows, batch_size=BATCH_SIZE), 0) for rows in old_rows().values()]
        if max(deleted) >= BATCH_SIZE:
            self._done = None
