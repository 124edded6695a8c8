"""The plan that staff have saved, cached for two seconds, and served stale while the database is down.

Every request to v1 needs the plan, and none may fail because of it. If it was never read, the settings alone apply. One
request in two seconds reads it and takes that much longer: half a second while the database is down
(docs/decisions/0007-database-away-is-503.md), a second while PostgreSQL has its table locked.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import Error, router
from django.utils import timezone

from rollout.models import Brownout, Plan
from shared.http.database import limit_statements, release_connection
from shared.http.logs import RateLimitedLog

FRESH = 2.0
"""Seconds for which the cached plan is used without reading."""
STALE = 10.0
"""Seconds after which a request waits for another thread's read: the process has just started, or was idle."""
MAX_WAIT = 1.0
"""The most seconds that it waits then, and that a statement of the read takes."""
PLAN_ID = 1
"""The primary key of the plan."""

_read_failures = RateLimitedLog(
    logging.getLogger("tandem.lifecycle"),
    "The plan of v1 cannot be read (%s): the last known plan is used, or the settings.",
)


@dataclass(frozen=True, slots=True)
class Saved:
    """The saved rows; an empty plan if there is none."""

    plan: Plan
    brownouts: tuple[Brownout, ...]


NOTHING = Saved(Plan(), ())
"""The value if staff have saved nothing."""


def read_saved(since: datetime | None = None) -> Saved:
    """Read the plan, and the brownouts that are not over.

    :param since: include brownouts that ended after this moment.
    :raises django.db.Error: the database is down, or not migrated yet.
    """
    plan = Plan.objects.filter(pk=PLAN_ID).first()
    return Saved(plan or Plan(), tuple(Brownout.objects.filter(end__gt=since or timezone.now())))


class Cache:
    """The cached rows; one thread at a time reads them, and the others use the previous ones."""

    def __init__(self, read: Callable[[], Saved] = read_saved) -> None:
        """Start without any rows."""
        self._read = read
        self._saved = NOTHING
        self._read_at = float("-inf")
        self._reading = threading.Lock()

    def saved(self) -> Saved:
        """Return the rows as of a moment ago."""
        age = self._age()
        if age >= FRESH and self._reading.acquire(timeout=MAX_WAIT if age >= STALE else 0):
            try:
                if self._age() >= FRESH:
                    self._refresh()
            finally:
                self._reading.release()
        return self._saved

    def _age(self) -> float:
        return time.monotonic() - self._read_at

    def _refresh(self) -> None:
        try:
            with limit_statements(router.db_for_read(Plan), MAX_WAIT):
                self._saved = self._read()
        except Error as error:
            _read_failures.log(type(error.__cause__ or error).__name__)
        finally:
            self._read_at = time.monotonic()
            # The rest of the request may take long to arrive and need no database.
            release_connection(router.db_for_read(Plan))


cache = Cache()
"""The cache of this process."""
