"""What one process has counted and not yet written. On the request's way: a lock, two dictionaries, nothing else."""

import time
from collections import OrderedDict
from collections.abc import MutableSequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from threading import Lock
from typing import Any, NamedTuple

from rollout.calls import Call
from rollout.client_names import OTHER

DAY = 24 * 60 * 60
_FIRST = date(1970, 1, 1)
MOVED_AT_MOST_EVERY = 60 * 60
"""Seconds in which a user's last call of a version is written once by a process, however often they call."""
MOST_KINDS = 10_000
"""Kinds of calls that are kept apart while they cannot be written; beyond, clients are not told apart."""
MOST_USERS = 100_000
"""Users who are kept while they cannot be written; one beyond is noted with a later call."""


def date_of(day: int) -> date:
    """Give the date of a day since 1970."""
    return _FIRST + timedelta(days=day)


class Kind(NamedTuple):
    """What is counted as one; sorted the same in every process, so that none waits for another in a circle."""

    day: int
    """Since 1970, in UTC."""
    version: str
    client: str
    resource: str
    outcome: str


class Use(NamedTuple):
    """A version that a user has called."""

    user_id: Any
    version: str


@dataclass(slots=True)
class Batch:
    """What is written together."""

    calls: dict[Kind, int] = field(default_factory=dict)
    last: dict[Use, float] = field(default_factory=dict)
    """Seconds since 1970."""
    users_clients: set[str] = field(default_factory=set)
    """Clients with which somebody was signed in."""

    def __bool__(self) -> bool:
        """Say whether there is anything to write."""
        return bool(self.calls)

    @property
    def size(self) -> int:
        """How many calls it counts."""
        return sum(self.calls.values())


class Tally:
    """Counts calls from any thread, and hands them over in batches."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self._lock = Lock()
        self._batch = Batch()
        self._noted: OrderedDict[Use, float] = OrderedDict()
        self._unwritten: MutableSequence[int] | memoryview[int] = [0]

    @property
    def unwritten(self) -> int:
        """How many calls are counted and not known to be in the database."""
        return int(self._unwritten[0])

    def show_in(self, place: "memoryview[int]") -> None:
        """Keep the number of unwritten calls where another process sees it, also when this one has been killed."""
        with self._lock:
            place[0] = self._unwritten[0]
            self._unwritten = place

    def add(self, call: Call) -> None:
        """Count one call."""
        now = time.time()
        kind = Kind(int(now // DAY), call.version, call.client, call.resource, call.outcome)
        with self._lock:
            counted = _count(self._batch.calls, kind, 1)
            self._unwritten[0] += 1
            if call.user_id is not None:
                self._batch.users_clients.add(counted.client)
                use = Use(call.user_id, call.version)
                if now - self._noted.get(use, 0) >= MOVED_AT_MOST_EVERY:
                    _move(self._batch.last, use, now)

    def take(self) -> Batch:
        """Hand over all there is; it is to be given back, or told as written."""
        with self._lock:
            batch, self._batch = self._batch, Batch()
            for use, at in batch.last.items():
                self._noted[use] = at
                self._noted.move_to_end(use)
            before = time.time() - MOVED_AT_MOST_EVERY
            while self._noted and (len(self._noted) > MOST_USERS or next(iter(self._noted.values())) < before):
                self._noted.popitem(last=False)
        return batch

    def give_back(self, batch: Batch) -> None:
        """Keep what could not be written, for the next time."""
        with self._lock:
            for kind, calls in batch.calls.items():
                _count(self._batch.calls, kind, calls)
            for use, at in batch.last.items():
                _move(self._batch.last, use, at)
                self._noted.pop(use, None)
            self._batch.users_clients |= batch.users_clients

    def written(self, batch: Batch) -> None:
        """Forget what is in the database now."""
        with self._lock:
            self._unwritten[0] -= batch.size


def _count(calls: dict[Kind, int], kind: Kind, number: int) -> Kind:
    """Count, and give what it was counted as."""
    if len(calls) >= MOST_KINDS and kind not in calls:
        kind = kind._replace(client=OTHER)
    calls[kind] = calls.get(kind, 0) + number
    return kind


def _move(last: dict[Use, float], use: Use, at: float) -> None:
    if use in last or len(last) < MOST_USERS:
        last[use] = max(at, last.get(use, 0))
