"""Differences that were seen, counted in memory and written together, off the requests' way."""

import atexit
import hashlib
import logging
import threading
from dataclasses import dataclass
from datetime import datetime

from django.db import connections, models, router, transaction
from django.utils import timezone

from rollout.models import ParityDifference
from rollout.sampled.description import Told

logger = logging.getLogger("tandem.parity")

WRITE_AFTER = 1.0
"""Seconds from the first difference to the write of all that were seen meanwhile."""
TRY_AGAIN_AFTER = 30.0
MOST_AT_ONCE = 100
"""Kinds of difference that are kept until the next write."""
MOST_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Sighting:
    """A kind of difference, between two versions, at a path."""

    called: str
    compared: str
    method: str
    path: str
    told: Told

    @property
    def key(self) -> str:
        """What tells its row from others."""
        told = self.told
        kind = (self.called, self.compared, self.method, self.path, told.part, told.place, *told.kinds)
        return hashlib.sha256("\n".join(kind).encode()).hexdigest()

    def __str__(self) -> str:
        """Say what differs, in one line."""
        told = self.told
        what = f"{told.part} {told.place}".rstrip()
        where = f"{self.method} /{self.path}, {self.called} called, {self.compared} compared"
        return f"{where}: {what}: older {told.old}, newer {told.new}"


@dataclass(slots=True)
class _Seen:
    first: datetime
    last: datetime
    times: int = 0


class Sightings:
    """What this process has seen and not yet written. Bounded: a storm of differences is a few rows."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._seen: dict[Sighting, _Seen] = {}
        self._told: set[Sighting] = set()
        self._left_out = 0
        self._timer: threading.Timer | None = None
        self._ending = False

    def add(self, sighting: Sighting) -> None:
        """Count one; the first of its kind in this process is told in the log at once."""
        now = timezone.now()
        with self._lock:
            known = self._seen.get(sighting)
            if known is None and len(self._seen) >= MOST_AT_ONCE:
                self._left_out += 1
                return
            seen = known or self._seen.setdefault(sighting, _Seen(now, now))
            seen.last, seen.times = now, seen.times + 1
            self._write_after(WRITE_AFTER)
            is_told = sighting in self._told or len(self._told) >= MOST_ROWS
            if not is_told:
                self._told.add(sighting)
        if not is_told:
            logger.warning("The versions differ: %s", sighting)

    def write(self) -> None:
        """Write what was seen; what cannot be written now stays for the next time."""
        with self._writing:
            with self._lock:
                seen, self._seen = self._seen, {}
                left_out, self._left_out = self._left_out, 0
                timer, self._timer = self._timer, None
            if timer is not None:
                timer.cancel()
            if left_out:
                logger.warning("%d differences were of too many kinds to be kept.", left_out)
            if not seen:
                return
            try:
                _write(seen)
            except Exception:  # in a thread of its own, or at the end of the process: nobody else would tell
                logger.exception("Differences could not be written; that is tried again.")
                self._put_back(seen)

    def end(self) -> None:
        """Write the rest, at the end of the process; no thread can be started any more."""
        self._ending = True
        self.write()

    def _put_back(self, seen: dict[Sighting, _Seen]) -> None:
        with self._lock:
            for sighting, was in seen.items():
                now = self._seen.setdefault(sighting, _Seen(was.first, was.last))
                now.first, now.times = was.first, now.times + was.times
            self._write_after(TRY_AGAIN_AFTER)

    def _write_after(self, seconds: float) -> None:
        if self._timer is None and not self._ending:
            self._timer = threading.Timer(seconds, self._write_alone)
            self._timer.daemon = True
            self._timer.start()

    def _write_alone(self) -> None:
        """Write in the timer's thread, whose connections nobody else would close."""
        try:
            self.write()
        finally:
            connections.close_all()


def _write(seen: dict[Sighting, _Seen]) -> None:
    using = router.db_for_write(ParityDifference)
    rows = ParityDifference.objects.using(using)
    with transaction.atomic(using=using):
        by_key = {sighting.key: (sighting, was) for sighting, was in sorted(seen.items(), key=lambda one: one[0].key)}
        known = set(rows.filter(key__in=by_key).values_list("key", flat=True))
        new = [key for key in by_key if key not in known]
        room = MOST_ROWS - rows.count() if new else 0
        if len(new) > room:
            logger.warning("%d differences have no room: delete those mended.", len(new) - max(0, room))
        # Another process may write the same row meanwhile: whoever is first makes it, and both count.
        rows.bulk_create([_row(key, *by_key[key]) for key in new[: max(0, room)]], ignore_conflicts=True)
        for key, (_, was) in by_key.items():
            rows.filter(key=key).update(seen=models.F("seen") + was.times, last_seen=was.last)


def _row(key: str, sighting: Sighting, was: _Seen) -> ParityDifference:
    return ParityDifference(
        key=key,
        called=sighting.called,
        compared=sighting.compared,
        method=sighting.method,
        path=sighting.path,
        part=sighting.told.part,
        place=sighting.told.place,
        old=sighting.told.old,
        new=sighting.told.new,
        seen=0,
        first_seen=was.first,
        last_seen=was.last,
    )


sightings = Sightings()
atexit.register(sightings.end)
