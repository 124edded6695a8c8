"""A candidate that serves."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.candidates.candidate import Candidate, Setup
from benchmarks.processes import READY_WITHIN, ProcessError, await_ready, children, cpu_seconds, listens, run, running

_QUIET = 0.002
"""Seconds of CPU in a tenth of a second: no more than a server that waits."""
_TIMES = 2
"""Tenths of a second, one after the other."""


@dataclass(frozen=True)
class Started:
    """Where it serves, and what it has cost so far."""

    candidate: Candidate
    setup: Setup
    pid: int

    @property
    def workers(self) -> list[int]:
        """Give the processes that answer."""
        return children(self.pid)

    def cpu(self) -> float:
        """Give the seconds of CPU that all workers have taken."""
        return sum(cpu_seconds(pid) for pid in self.workers)

    def cpu_since_start(self) -> float:
        """Give the seconds of CPU that it has taken as a whole."""
        return cpu_seconds(self.pid) + self.cpu()


def prepare(candidate: Candidate, setup: Setup) -> None:
    """Make the tables."""
    for command in candidate.prepare(setup):
        run(command, candidate.environment(setup))


@contextmanager
def serving(candidate: Candidate, setup: Setup, folder: Path) -> Iterator[Started]:
    """Run the server, its log in a folder, and wait until all of its workers wait for requests."""
    log = folder / f"{candidate.name}.log"
    with running(candidate.command(setup), candidate.environment(setup), log) as process:
        await_ready(process, log, lambda: listens(setup.port))
        started = Started(candidate, setup, process.pid)
        _await_workers(started)
        yield started


def _await_workers(started: Started) -> None:
    """Wait: the first of them would get all connections, and the others be measured while they start."""
    until, taken, quiet = time.monotonic() + READY_WITHIN, 0.0, 0
    while quiet < _TIMES:
        if time.monotonic() > until:
            raise ProcessError(f"{started.candidate.name} does not come to rest")
        time.sleep(0.1)
        now = started.cpu()
        quiet = quiet + 1 if started.workers and now - taken < _QUIET else 0
        taken = now
