"""The record of a run: every exchange, compared with what is expected of it, and the disruptions."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks.soak.expected import BEFORE_RETIREMENT, BROKEN, DURING, EXPECTED, RETIRED, SLOW

GRACE = 10.0
"""Seconds after a disruption in which its results are still allowed: connections are being opened again."""
FLUSH = 5.0
"""LEDGER_FLUSH_SECONDS, by default."""
_KEPT = 200
"""Unexpected results that are kept with details."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its result, with times of the monotonic clock."""

    operation: str
    version: str
    resource: str
    began: float
    ended: float
    result: str
    """Status, and the code of the error, the outcome of a sign-up, or `ok`; or `BROKEN`."""
    detail: str = ""
    """For a person: the request id and the text of the error."""


@dataclass(slots=True)
class Disruption:
    """A time in which further results are allowed, or, for a brownout, required of one version."""

    kind: str
    began: float
    ended: float | None = None
    version: str = ""

    def allows(self, exchange: Exchange) -> bool:
        """Return True if the exchange overlaps with it and its kind allows the result."""
        until = None if self.ended is None else self.ended + GRACE
        overlaps = exchange.ended >= self.began and (until is None or exchange.began <= until)
        return overlaps and exchange.result in DURING.get(self.kind, ())


@dataclass(slots=True)
class Record:
    """Everything that was sent; shared by all callers."""

    started: float = field(default_factory=time.monotonic)
    disruptions: list[Disruption] = field(default_factory=list)
    brownouts: list[Disruption] = field(default_factory=list)
    events: list[tuple[float, float, str]] = field(default_factory=list)
    """Begin and end, in seconds since the start, and what happened."""
    results: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """By operation, version and result."""
    calls: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Calls that the ledger must have: by version, resource and outcome."""
    doubtful: Counter[str] = field(default_factory=Counter)
    """By version, requests of which the service may or may not have counted an answer."""
    unexpected: list[str] = field(default_factory=list)
    unexpected_count: int = 0
    faults: list[str] = field(default_factory=list)
    """Contradictions in answers: another user than before, a body that differs between the versions."""
    _ended: list[float] = field(default_factory=list)
    """When each exchange ended."""
    _since_sample: list[Exchange] = field(default_factory=list)
    _unexpected_since_sample: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, exchange: Exchange) -> None:
        """Record an exchange."""
        with self._lock:
            self.results[exchange.operation, exchange.version, exchange.result] += 1
            self._count(exchange)
            self._since_sample.append(exchange)
            self._ended.append(exchange.ended)
            if not self.is_expected(exchange):
                self.unexpected_count += 1
                self._unexpected_since_sample += 1
                if len(self.unexpected) < _KEPT:
                    self.unexpected.append(
                        f"{exchange.ended - self.started:.1f} s: {exchange.operation} on {exchange.version}: "
                        f"{exchange.result} ({exchange.detail})"
                    )

    def fault(self, text: str) -> None:
        """Record a contradiction."""
        with self._lock:
            self.faults.append(f"{time.monotonic() - self.started:.1f} s: {text}")

    def is_expected(self, exchange: Exchange) -> bool:
        """Return True if the table, or a disruption at that time, allows the result."""
        for brownout in self.brownouts:
            if brownout.version != exchange.version or brownout.ended is None:
                continue
            if exchange.operation in BEFORE_RETIREMENT:
                continue
            if brownout.began <= exchange.began and exchange.ended < brownout.ended:
                return exchange.result == RETIRED
            if exchange.ended >= brownout.began and exchange.began < brownout.ended and exchange.result == RETIRED:
                return True
        if exchange.result in EXPECTED[exchange.operation]:
            return True
        return any(disruption.allows(exchange) for disruption in self.disruptions)

    @contextmanager
    def event(self, name: str, kind: str = "") -> Iterator[None]:
        """Record what happens in the block.

        :param kind: of the disruption, if the event is one that changes results.
        """
        began = time.monotonic()
        disruption = Disruption(kind or name, began)
        self.disruptions.append(disruption)
        try:
            yield
        finally:
            disruption.ended = time.monotonic()
            self.events.append((began - self.started, disruption.ended - self.started, name))

    def is_disturbed(self, seconds: float, margin: float = GRACE) -> bool:
        """Return True if something happens, or has just happened, at a time since the start."""
        at = self.started + seconds
        return any(one.began <= at and (one.ended is None or at <= one.ended + margin) for one in self.disruptions)

    @property
    def doubtful_calls(self) -> int:
        """How many calls the ledger may have or not: without an answer, or in a flush that an outage has interrupted.

        A process writes such a batch again, and may count it twice (docs/ledger.md).
        """
        outages = [one.began for one in self.disruptions if one.kind == "database outage"]
        return sum(self.doubtful.values()) + sum(
            began - FLUSH <= ended <= began for began in outages for ended in self._ended
        )

    def drain(self) -> tuple[list[Exchange], int]:
        """Return the exchanges since the last call, and how many of them were unexpected."""
        with self._lock:
            drained = self._since_sample, self._unexpected_since_sample
            self._since_sample, self._unexpected_since_sample = [], 0
        return drained

    def _count(self, exchange: Exchange) -> None:
        # While a worker is killed, nginx answers in its place, in the same words.
        if exchange.result == BROKEN or any(
            one.kind == "worker killed" and one.allows(exchange) for one in self.disruptions
        ):
            self.doubtful[exchange.version] += 1
        else:
            self.calls[exchange.version, exchange.resource, exchange.result.partition(" ")[2]] += 1


def durations(exchanges: list[Exchange]) -> list[float]:
    """Return the seconds of each exchange that does not wait for a slow provider."""
    return [one.ended - one.began for one in exchanges if one.operation not in SLOW]
