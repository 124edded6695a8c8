"""A candidate that serves: prepared, ready, and warm."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.candidates import Candidate, Setup
from benchmarks.processes import await_ready, children, cpu_seconds, listens, run, running


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


@contextmanager
def serving(candidate: Candidate, setup: Setup) -> Iterator[Started]:
    """Make the tables, run the server, and wait until it listens."""
    environment = candidate.environment(setup)
    for command in candidate.prepare(setup):
        run(command, environment)
    with tempfile.TemporaryDirectory(prefix=f"tandem-{candidate.name}-") as name:
        log = Path(name, "log")
        with running(candidate.command(setup), environment, log) as process:
            await_ready(process, log, lambda: listens(setup.port))
            yield Started(candidate, setup, process.pid)
