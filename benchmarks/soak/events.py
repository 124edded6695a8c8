"""What happens during a run, and when: restarts, an upgrade, outages, a brownout."""

import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from benchmarks.processes import READY_TIMEOUT, ROOT, ProcessError
from benchmarks.soak.client import version
from benchmarks.soak.deployment import Deployment
from benchmarks.soak.fleet import PROCESSES, Member, migrate
from benchmarks.soak.gate import Gate
from benchmarks.soak.records import Disruption, Record

_ANNOUNCED = 10.0
"""Seconds between the moment at which a brownout is stored and its beginning; the servers read it within two."""

_FAIL_TIMEOUT = 3.0
"""Seconds after which nginx uses a server again: the documented `fail_timeout` of two, and one more."""


@dataclass
class Stage:
    """What the events act upon."""

    record: Record
    deployment: Deployment
    outage: float
    """Seconds of each outage and brownout."""

    @property
    def members(self) -> Sequence[Member]:
        """The servers."""
        return self.deployment.members

    def upgrade(self) -> None:
        """Migrate the database, then replace one server after the other, as docs/operators.md describes."""
        if all(member.code == ROOT for member in self.members):
            return
        with self.record.event("upgrade"):
            migrate(ROOT, self.deployment.settings)
            for member in self.members:
                member.stop()
                member.code = Path(ROOT)
                member.start()
                time.sleep(_FAIL_TIMEOUT)

    def restart(self) -> None:
        """Restart one server after the other."""
        with self.record.event("rolling restart"):
            for member in self.members:
                member.stop()
                member.start()
                time.sleep(_FAIL_TIMEOUT)

    def reload_first(self) -> None:
        """Replace the processes of the first server by SIGHUP."""
        self._reload(self.members[0])

    def reload_last(self) -> None:
        """Replace the processes of the last server by SIGHUP."""
        self._reload(self.members[-1])

    def kill_worker(self) -> None:
        """Kill a worker of the first server."""
        member = self.members[0]
        with self.record.event("worker killed"):
            before = member.workers
            with suppress(ProcessLookupError):
                os.kill(before[-1], signal.SIGKILL)
            _await(lambda: len(set(member.workers) - set(before[-1:])) == PROCESSES)

    def lose_database(self) -> None:
        """Reset all connections to the database, and new ones too for a while."""
        self._lose(self.deployment.database.shut, self.deployment.database, "database outage")

    def stall_database(self) -> None:
        """Let the database answer nothing for a while."""
        self._lose(self.deployment.database.stall, self.deployment.database, "database stalls", "database outage")

    def lose_redis(self) -> None:
        """Reset all connections to Redis, and new ones too for a while."""
        self._lose(self.deployment.redis.shut, self.deployment.redis, "Redis outage")

    def stall_redis(self) -> None:
        """Let Redis answer nothing for a while."""
        self._lose(self.deployment.redis.stall, self.deployment.redis, "Redis stalls", "Redis outage")

    def lose_provider(self) -> None:
        """Reset all connections to the providers, and new ones too for a while."""
        self._lose(self.deployment.provider.shut, self.deployment.provider, "provider outage")

    def brown_out(self) -> None:
        """Let the oldest version answer 410 for a while, if there is a newer one."""
        if len(self.deployment.prefixes) == 1:
            return
        start = datetime.now(UTC) + timedelta(seconds=_ANNOUNCED)
        end = start + timedelta(seconds=self.outage)
        with psycopg.connect(self.deployment.database_url) as session:
            session.execute(
                'INSERT INTO rollout_brownout (start, "end", share, client, note) VALUES (%s, %s, 100, %s, %s)',
                (start, end, "", "soak"),
            )
        began = time.monotonic() + (start - datetime.now(UTC)).total_seconds()
        ended = began + self.outage
        self.record.brownouts.append(Disruption("brownout", began, ended, version(self.deployment.prefixes[0])))
        time.sleep(max(0.0, ended - time.monotonic()))
        self.record.events.append((began - self.record.started, ended - self.record.started, "brownout"))

    def _reload(self, member: Member) -> None:
        with self.record.event(f"SIGHUP, {member.name}"):
            before = set(member.workers)
            member.signal_master(signal.SIGHUP)
            _await(lambda: len(member.workers) == PROCESSES and not before & set(member.workers))

    def _lose(self, begin: Callable[[], None], gate: Gate, name: str, kind: str = "") -> None:
        with self.record.event(name, kind):
            begin()
            time.sleep(self.outage)
            gate.open()


def _await(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + READY_TIMEOUT
    while not condition():
        if time.monotonic() > until:
            raise ProcessError(f"workers were not replaced within {READY_TIMEOUT} s")
        time.sleep(0.2)


PLAN: Sequence[tuple[float, Callable[[Stage], None]]] = (
    (0.08, Stage.upgrade),
    (0.16, Stage.lose_provider),
    (0.20, Stage.lose_redis),
    (0.24, Stage.reload_last),
    (0.28, Stage.lose_database),
    (0.32, Stage.kill_worker),
    (0.36, Stage.brown_out),
    (0.40, Stage.restart),
    # From here on the processes of the last server live until the end, so that their growth can be seen.
    (0.55, Stage.stall_redis),
    (0.62, Stage.stall_database),
    (0.69, Stage.reload_first),
    (0.76, Stage.lose_provider),
    (0.83, Stage.brown_out),
    (0.90, Stage.kill_worker),
)
"""When each event begins, as a part of the run."""


def play(stage: Stage, seconds: float) -> None:
    """Let everything happen that is planned, until the run ends."""
    for part, action in PLAN:
        _wait_until(stage.record.started + part * seconds)
        try:
            action(stage)
        except (OSError, ProcessError) as error:
            # The report is worth more than an early end.
            stage.record.fault(f"{action.__name__}: {error}")
    _wait_until(stage.record.started + seconds)


def _wait_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))
