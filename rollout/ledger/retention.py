"""What is too old goes: counts after LEDGER_DAYS, and when a user last called after LAST_CALL_DAYS."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db import router
from django.db.models import QuerySet
from django.utils import timezone

from rollout.ledger.conf import conf
from rollout.models import DailyCalls, LastCall

ROWS = 1000
"""Rows of a transaction: they are gone in a moment, and nobody waits long."""


def too_old() -> dict[str, QuerySet[Any]]:
    """Give the rows that are to go, by what they are called."""
    now, using = timezone.now(), router.db_for_write(DailyCalls)
    return {
        "counts of a day": DailyCalls.objects.using(using).filter(day__lt=now.date() - conf.calls_kept),
        "last calls of users": LastCall.objects.using(using).filter(at__lt=now - conf.last_calls_kept),
    }


def remove(rows: QuerySet[Any], *, at_a_time: int) -> Iterator[int]:
    """Remove rows a part at a time, each in a transaction of its own; give how many each time."""
    while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:at_a_time]):
        removed, _ = rows.filter(pk__in=ids).order_by().delete()
        yield removed


class Retention:
    """Once a day in each process, a part after each flush until there is no more: a second process finds it done."""

    def __init__(self) -> None:
        """It has not been looked after yet."""
        self._done: date | None = None

    def step(self) -> None:
        """Remove one part of what is too old, if today's has not all gone."""
        today = timezone.now().date()
        if self._done == today:
            return
        # Set before: where it fails, it is for tomorrow, not for every flush.
        self._done = today
        removed = [next(remove(rows, at_a_time=ROWS), 0) for rows in too_old().values()]
        if max(removed) >= ROWS:
            self._done = None
