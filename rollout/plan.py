"""The plan that staff have saved, as this process knows it: looked at anew every two seconds, never waited for in vain.

Every request of v1 needs it and none may fail for it: what was known last holds while the database is away, and the
settings alone where nothing was ever known. One request in two seconds looks, and takes as much longer as that takes:
half a second while the database is away (docs/decisions/0007-database-away-is-503.md).
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
from shared.http.database import release_connection
from shared.http.logs import RateLimitedLog

FRESH = 2.0
"""Seconds for which what is known is taken for what is there."""
STALE = 10.0
"""Seconds after which a caller rather waits for whoever is looking: this process has just begun, or has idled."""
PATIENCE = 1.0
"""How long it waits then."""
ONLY = 1
"""The key of the one plan."""

_away = RateLimitedLog(
    logging.getLogger("tandem.lifecycle"),
    "The plan of v1 cannot be read (%s): what was known last holds, or the settings.",
)


@dataclass(frozen=True, slots=True)
class Saved:
    """The rows; a plan with nothing in it where there is none."""

    plan: Plan
    brownouts: tuple[Brownout, ...]


NOTHING = Saved(Plan(), ())
"""What staff have saved where they have saved nothing."""


def read_saved(since: datetime | None = None) -> Saved:
    """Read the plan, and the brownouts that are not over.

    :param since: those also that have ended after this moment.

    :raises django.db.Error: the database is away, or has no such tables yet.
    """
    plan = Plan.objects.filter(pk=ONLY).first()
    return Saved(plan or Plan(), tuple(Brownout.objects.filter(end__gt=since or timezone.now())))


class Known:
    """What is known of the rows; one thread looks, the others go on with what was known before."""

    def __init__(self, read: Callable[[], Saved] = read_saved) -> None:
        """Know nothing yet."""
        self._read = read
        self._saved = NOTHING
        self._looked_at = float("-inf")
        self._looking = threading.Lock()

    def saved(self) -> Saved:
        """Give the rows as they were a moment ago."""
        age = self._age()
        if age >= FRESH and self._looking.acquire(timeout=PATIENCE if age >= STALE else 0):
            try:
                if self._age() >= FRESH:
                    self._look()
            finally:
                self._looking.release()
        return self._saved

    def _age(self) -> float:
        return time.monotonic() - self._looked_at

    def _look(self) -> None:
        try:
            self._saved = self._read()
        except Error as error:
            _away.log(type(error.__cause__ or error).__name__)
        finally:
            self._looked_at = time.monotonic()
            # The rest of the request may take long to arrive, and may need no database.
            release_connection(router.db_for_read(Plan))


known = Known()
"""What this process knows."""
