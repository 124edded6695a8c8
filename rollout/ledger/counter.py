"""The calls that this process has counted and not written yet. Counting takes a lock and two dictionaries only."""

import time
from collections import Counter, OrderedDict
from collections.abc import MutableSequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from threading import Lock
from typing import Any, NamedTuple

from rollout.calls import RecordedCall
from rollout.clients import OTHER

DAY = 24 * 60 * 60
_FIRST = date(1970, 1, 1)
LAST_CALL_INTERVAL = 60 * 60
"""Seconds in which a process writes the last call of a user to a version at most once."""
MAX_GROUPS = 10_000
"""Groups that are kept while they cannot be written; further calls are counted as the client `(other)`."""
MAX_USERS = 100_000
"""Users whose last calls are kept while they cannot be written; those of further users are dropped until then."""
MAX_NEW_CLIENTS = 3
"""Clients that each user is the first to call with, of a day and in a process, and that count as a user's."""


def date_of(day: int) -> date:
    """Return the date of a number of days since 1970."""
    return _FIRST + timedelta(days=day)


class Group(NamedTuple):
    """The key of a row of counts. All processes sort groups alike, so that two writers cannot deadlock.

    Attributes:
        day: Days since 1970, in UTC.
    """

    day: int
    version: str
    client: str
    resource: str
    outcome: str


class Use(NamedTuple):
    """A version that a user has called."""

    user_id: Any
    version: str


class Noted(NamedTuple):
    """A user's last call of a version.

    Attributes:
        at: Seconds since 1970.
        client: As it was counted; empty if it is not known.
    """

    at: float
    client: str = ""


@dataclass(slots=True)
class Batch:
    """The counts and last calls that one transaction writes.

    Attributes:
        calls: The number of calls of each group.
        last: When, and with which client, each user last called each version.
        users_clients: Clients with which a user made a call, without those that a user has perhaps invented.
    """

    calls: dict[Group, int] = field(default_factory=dict)
    last: dict[Use, Noted] = field(default_factory=dict)
    users_clients: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        """Return True if there is anything to write."""
        return bool(self.calls)

    @property
    def size(self) -> int:
        """The number of calls."""
        return sum(self.calls.values())


class CallCounter:
    """Counts calls from any thread, and returns them in batches."""

    def __init__(self) -> None:
        """Start at zero."""
        self._lock = Lock()
        self._batch = Batch()
        self._noted: OrderedDict[Use, float] = OrderedDict()
        self._day = 0
        self._vouched: set[str] = set()
        """Clients of users on that day."""
        self._first_calls: Counter[Any] = Counter()
        """How many of them each user was the first to call with."""
        self._unwritten: MutableSequence[int] | memoryview[int] = [0]

    @property
    def unwritten(self) -> int:
        """The number of counted calls that are not known to be in the database."""
        return int(self._unwritten[0])

    def share_unwritten(self, memory: "memoryview[int]") -> None:
        """Keep the number of unwritten calls in shared memory, where another process can read it after a crash."""
        with self._lock:
            memory[0] = self._unwritten[0]
            self._unwritten = memory

    def add(self, call: RecordedCall) -> None:
        """Count one call."""
        now = time.time()
        group = Group(int(now // DAY), call.version, call.client, call.resource, call.outcome)
        with self._lock:
            counted = _count(self._batch.calls, group, 1)
            self._unwritten[0] += 1
            if call.user_id is not None:
                if self._vouches(call.user_id, counted):
                    self._batch.users_clients.add(counted.client)
                use = Use(call.user_id, call.version)
                if now - self._noted.get(use, 0) >= LAST_CALL_INTERVAL:
                    _note(self._batch.last, use, Noted(now, counted.client))

    def _vouches(self, user_id: Any, group: Group) -> bool:
        """Return True if the client is one of users: of this user, unless it has named others first, or of another."""
        if group.day != self._day:
            self._day = group.day
            self._vouched.clear()
            self._first_calls.clear()
        if group.client in self._vouched:
            return True
        if self._first_calls[user_id] >= MAX_NEW_CLIENTS or len(self._vouched) >= MAX_GROUPS:
            return False
        self._first_calls[user_id] += 1
        self._vouched.add(group.client)
        return True

    def take(self) -> Batch:
        """Return and clear the current batch; the caller passes it to `put_back` or `written`."""
        with self._lock:
            batch, self._batch = self._batch, Batch()
            for use, noted in batch.last.items():
                self._noted[use] = noted.at
                self._noted.move_to_end(use)
            before = time.time() - LAST_CALL_INTERVAL
            while self._noted and (len(self._noted) > MAX_USERS or next(iter(self._noted.values())) < before):
                self._noted.popitem(last=False)
        return batch

    def put_back(self, batch: Batch) -> None:
        """Add a batch that could not be written to the current one."""
        with self._lock:
            for group, calls in batch.calls.items():
                _count(self._batch.calls, group, calls)
            for use, noted in batch.last.items():
                _note(self._batch.last, use, noted)
                self._noted.pop(use, None)
            self._batch.users_clients |= batch.users_clients

    def written(self, batch: Batch) -> None:
        """Record that a batch is in the database."""
        with self._lock:
            self._unwritten[0] -= batch.size


def _count(calls: dict[Group, int], group: Group, number: int) -> Group:
    """Add to a group, and return the group that was counted."""
    if len(calls) >= MAX_GROUPS and group not in calls:
        group = group._replace(client=OTHER)
    calls[group] = calls.get(group, 0) + number
    return group


def _note(last: dict[Use, Noted], use: Use, noted: Noted) -> None:
    if use in last or len(last) < MAX_USERS:
        last[use] = max(noted, last.get(use, noted))
