"""A candidate that serves."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.candidates.candidate import Candidate, Setup
from benchmarks.load.runs import Timed
from benchmarks.processes import (
    READY_WITHIN,
    ProcessError,
    await_ready,
    children,
    cpu_seconds,
    listens,
    run,
    running,
    tail,
)

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

    def cpu_of(self, run: Callable[[], Timed]) -> tuple[Timed, float]:
        """Do a run; give it with the milliseconds of CPU that each of its requests has taken of all workers.

        :raises ProcessError: they are others afterwards, so that nobody can say.
        """
        before = self._cpu_by_worker()
        ran = run()
        after = self._cpu_by_worker()
        if before.keys() != after.keys():
            raise ProcessError("a worker was replaced meanwhile")
        return ran, (sum(after.values()) - sum(before.values())) * 1000 / len(ran.took)

    def cpu_since_start(self) -> float:
        """Give the seconds of CPU that it has taken as a whole."""
        return cpu_seconds(self.pid) + sum(self._cpu_by_worker().values())

    def _cpu_by_worker(self) -> dict[int, float]:
        taken: dict[int, float] = {}
        for pid in self.workers:
            with suppress(OSError):  # it has just ended
                taken[pid] = cpu_seconds(pid)
        return taken


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
        _await_workers(started, log)
        yield started


def _await_workers(started: Started, log: Path) -> None:
    """Wait: the first of them would get all connections, and the others be measured while they start."""
    until, taken, quiet = time.monotonic() + READY_WITHIN, 0.0, 0
    while quiet < _TIMES:
        if time.monotonic() > until:
            raise ProcessError(f"{started.candidate.name} does not come to rest:\n{tail(log)}")
        time.sleep(0.1)
        now = started.cpu_since_start()
        quiet = quiet + 1 if started.workers and now - taken < _QUIET else 0
        taken = now
