"""Samples of memory, descriptors, threads, connections, errors and times, every few seconds."""

import csv
import re
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import psycopg
import redis

from benchmarks.databases import OTHER_SESSIONS
from benchmarks.results import percentile
from benchmarks.soak.fleet import Member
from benchmarks.soak.records import Record, durations

_KIB = re.compile(r"^(Rss|Pss|Anonymous): +([0-9]+) kB", re.MULTILINE)
_THREADS = re.compile(r"^Threads:\s+([0-9]+)", re.MULTILINE)
_INTERNAL_ERRORS = re.compile(r'^tandem_requests_total\{[^}]*outcome="internal_error"[^}]*\} ([0-9.]+)', re.MULTILINE)
_FLEET = "fleet"


class Sample(NamedTuple):
    """A value of a subject at a time."""

    seconds: float
    """Since the start of the run."""
    subject: str
    """`fleet`, a server, or a worker: `server 1 worker 4711`."""
    measure: str
    value: float


def measure_process(pid: int) -> dict[str, float]:
    """Return memory in MiB, descriptors and threads of a process; nothing if it has ended."""
    process = Path(f"/proc/{pid}")
    try:
        memory = dict(_KIB.findall((process / "smaps_rollup").read_text(encoding="ascii")))
        threads = _THREADS.search((process / "status").read_text(encoding="utf-8"))
        descriptors = len(list((process / "fd").iterdir()))
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return {}
    if not memory or threads is None:
        return {}
    return {
        **{f"{name.lower()}_mib": int(kib) / 1024 for name, kib in memory.items()},
        "descriptors": descriptors,
        "threads": int(threads[1]),
    }


@dataclass
class Sampler:
    """Takes samples in a thread of its own while its block runs."""

    record: Record
    members: Sequence[Member]
    database_url: str
    redis: redis.Redis
    """A client of Redis that does not use the gate."""
    target: Path
    """The file for the samples, one value a line."""
    every: float
    samples: list[Sample] = field(default_factory=list)
    readiness: Counter[tuple[str, int]] = field(default_factory=Counter)
    """Statuses of /readyz and /metrics outside of events; 0 is no answer."""
    internal_errors: float = 0.0
    """Of /metrics: answers with 500."""
    _ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Take samples until `stop` is called, and append each of them to the file."""
        due, saved = time.monotonic(), 0
        with self.target.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(Sample._fields)
            while not self._ended.wait(max(0.0, due - time.monotonic())):
                due = max(due + self.every, time.monotonic())
                try:
                    self.sample()
                except (psycopg.Error, redis.RedisError) as error:
                    self.record.fault(f"a sample failed: {type(error).__name__}")
                writer.writerows(self.samples[saved:])
                saved = len(self.samples)
                stream.flush()

    def stop(self) -> None:
        """Let `run` return."""
        self._ended.set()

    def sample(self) -> None:
        """Take one sample of everything."""
        now = time.monotonic() - self.record.started
        self._sample_traffic(now)
        self._sample_stores(now)
        for member in self.members:
            for pid in member.workers:
                for measure, value in measure_process(pid).items():
                    self._add(now, f"{member.name} worker {pid}", measure, value)
            if member.master:
                for measure, value in measure_process(member.master).items():
                    self._add(now, f"{member.name} master", measure, value)
                self._scrape(now, member)

    def _add(self, now: float, subject: str, measure: str, value: float) -> None:
        self.samples.append(Sample(round(now, 1), subject, measure, round(value, 3)))

    def _sample_traffic(self, now: float) -> None:
        exchanges, unexpected = self.record.drain()
        self._add(now, _FLEET, "requests", len(exchanges))
        self._add(now, _FLEET, "unexpected", unexpected)
        self._add(now, _FLEET, "errors_4xx", sum(one.result.startswith("4") for one in exchanges))
        self._add(now, _FLEET, "errors_5xx", sum(one.result.startswith(("5", "b")) for one in exchanges))
        if seconds := durations(exchanges):
            self._add(now, _FLEET, "p50_ms", percentile(seconds, 50) * 1000)
            self._add(now, _FLEET, "p99_ms", percentile(seconds, 99) * 1000)

    def _sample_stores(self, now: float) -> None:
        with psycopg.connect(self.database_url, autocommit=True) as session:
            self._add(now, _FLEET, "database_connections", len(session.execute(OTHER_SESSIONS).fetchall()))
        information = self.redis.info()
        # The sampler's own connection is one of them.
        self._add(now, _FLEET, "redis_connections", information["connected_clients"] - 1)
        self._add(now, _FLEET, "redis_keys", self.redis.dbsize())
        self._add(now, _FLEET, "redis_mib", information["used_memory"] / 2**20)

    def _scrape(self, now: float, member: Member) -> None:
        is_disturbed = self.record.is_disturbed(now)
        timeout = 2 if is_disturbed else 10
        status, text = member.fetch("/metrics", timeout)
        ready, _ = member.fetch("/readyz", timeout)
        if not is_disturbed and not self.record.is_disturbed(time.monotonic() - self.record.started):
            self.readiness["/metrics", status] += 1
            self.readiness["/readyz", ready] += 1
        self._add(now, member.name, "ready", ready)
        if status == 200:
            self._add(now, member.name, "metrics_lines", text.count("\n"))
            self.internal_errors = max(self.internal_errors, *map(float, _INTERNAL_ERRORS.findall(text)), 0.0)


def series(samples: Sequence[Sample], measure: str, *, workers: bool = False) -> dict[str, list[tuple[float, float]]]:
    """Return the points of a measure by subject.

    :param workers: of workers alone.
    """
    found = defaultdict[str, list[tuple[float, float]]](list)
    for one in samples:
        if one.measure == measure and (not workers or " worker " in one.subject):
            found[one.subject].append((one.seconds, one.value))
    return dict(found)


def load(source: Path) -> list[Sample]:
    """Read samples from a file."""
    with source.open(encoding="utf-8", newline="") as stream:
        return [Sample(float(row[0]), row[1], row[2], float(row[3])) for row in list(csv.reader(stream))[1:]]
