"""What all measurements of a run share: the provider, the candidates' databases and servers, and the results."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from benchmarks.candidates import Candidate, Setup
from benchmarks.databases import clear, cpu_by_session, new_database
from benchmarks.load import Load, Request, UnexpectedResponseError, send_concurrently, send_in_sequence
from benchmarks.processes import (
    READY_TIMEOUT,
    ProcessError,
    await_ready,
    children,
    cpu_seconds,
    descendants,
    free_port,
    is_listening,
    run_command,
    running,
    running_redis,
    tail,
)
from benchmarks.provider import Provider, running_provider
from benchmarks.results import Results

RETURNING_USERS = range(1, 401)
"""Users who sign in again; so many that none reaches the limit of access tokens a user may have."""
READERS = 100
"""Users who read; so many that none reaches the limit of calls a minute."""
_FIRST_NEW_USER = 10_000_000
_IDLE_CPU = 0.002
"""Seconds of CPU in a tenth of a second that an idle server may take."""
_WARM_UP_TIMEOUT = 120


@dataclass
class Deployment:
    """A candidate with a database of its own."""

    candidate: Candidate
    vendor: str
    url: str
    """Of the database."""
    has_users: bool = False
    """Whether the returning users have signed up."""
    _next_user: int = _FIRST_NEW_USER

    def new_users(self, count: int) -> range:
        """Return the numbers of users who have not signed up yet."""
        self._next_user += count
        return range(self._next_user - count, self._next_user)


@dataclass(frozen=True)
class Cost:
    """What a load has cost, in milliseconds of CPU for each request."""

    load: Load
    cpu_ms: float
    """Of the server's workers."""
    database_cpu_ms: float | None
    """Of the database's processes; None for SQLite, or a server on another machine."""


@dataclass(frozen=True)
class Server:
    """A running server of a deployment."""

    deployment: Deployment
    setup: Setup
    pid: int

    @property
    def workers(self) -> list[int]:
        """The processes that answer requests: those without children."""
        return [pid for pid in descendants(self.pid) if not children(pid)]

    @property
    def connections(self) -> int:
        """The number of connections that keeps all threads busy; workers do not get equal shares."""
        return 2 * (self.setup.workers or 1) * (self.setup.threads or 1)

    def total_cpu(self) -> float:
        """Return the seconds of CPU that the server has taken since its start."""
        return sum(_cpu_by_process([self.pid, *descendants(self.pid)]).values())

    def cost(self, send: Callable[[], Load]) -> Cost:
        """Send a load and return what it has cost.

        :raises ProcessError: a worker was replaced meanwhile.
        """
        database_before, before = cpu_by_session(self.deployment.url), _cpu_by_process(self.workers)
        load = send()
        after, database_after = _cpu_by_process(self.workers), cpu_by_session(self.deployment.url)
        if before.keys() != after.keys():
            raise ProcessError("a worker was replaced during the measurement")
        count, kept = len(load.durations), database_before.keys() & database_after.keys()
        of_database = sum(database_after[pid] - database_before[pid] for pid in kept) * 1000 / count if kept else None
        return Cost(load, (sum(after.values()) - sum(before.values())) * 1000 / count, of_database)

    def cost_in_sequence(self, users: range, *, count: int, at_least: int, seconds: float) -> Cost:
        """Sign users in one after the other, after a first one that is not measured; return the cost."""
        requests, port = self.deployment.candidate.sign_ins(users), self.setup.port
        send_in_sequence(port, requests, count=1)
        return self.cost(lambda: send_in_sequence(port, requests, count=count, at_least=at_least, seconds=seconds))

    def sign_in_concurrently(self, *, connections: int, count: int, seconds: float) -> Load:
        """Sign the returning users in on several connections at once."""
        requests = self.deployment.candidate.sign_ins(RETURNING_USERS)
        return send_concurrently(self.setup.port, requests, connections=connections, count=count, seconds=seconds)

    def warm_up(self) -> None:
        """Sign the returning users up, once for each database, then keep all threads busy for a moment."""
        deployment, busy = self.deployment, self.connections
        if not deployment.has_users:
            self.sign_in_concurrently(connections=busy, count=len(RETURNING_USERS), seconds=_WARM_UP_TIMEOUT)
            deployment.has_users = True
        elif deployment.candidate.token_table:
            # The users start with a few access tokens, not with those of all earlier measurements.
            clear(deployment.url, deployment.candidate.token_table)
        self.sign_in_concurrently(connections=busy, count=2 * busy, seconds=_WARM_UP_TIMEOUT)


def _cpu_by_process(pids: Sequence[int]) -> dict[int, float]:
    seconds: dict[int, float] = {}
    for pid in pids:
        with suppress(OSError):  # it has just ended
            seconds[pid] = cpu_seconds(pid)
    return seconds


@dataclass(frozen=True)
class Options:
    """What to measure, and how often."""

    rounds: int
    databases: Sequence[str]
    schemes: Sequence[str]
    latencies: Sequence[int]
    """Milliseconds, in addition to 0."""
    seconds: float
    """How long one measurement may take."""


@dataclass
class Run:
    """A benchmark run."""

    options: Options
    candidates: Sequence[Candidate]
    provider: Provider
    folder: Path
    stack: ExitStack
    results: Results
    readers: Sequence[Candidate] = ()
    """The candidates that are measured by reads, most of them by nothing else."""
    _deployments: dict[tuple[str, str], Deployment] = field(default_factory=dict)

    @cached_property
    def redis_url(self) -> str:
        """The URL of a Redis server, started at the first use."""
        return self.stack.enter_context(running_redis(self.folder))

    @property
    def newest_tandem(self) -> list[Candidate]:
        """The newest API of Tandem among the candidates, if there is one."""
        return [one for one in self.candidates if one.is_tandem][-1:]

    def deployment(self, candidate: Candidate, vendor: str) -> Deployment:
        """Return a candidate's deployment, created at the first use and kept until the run ends."""
        key = (candidate.name, vendor)
        if key not in self._deployments:
            self._deployments[key] = self.stack.enter_context(self.new_deployment(candidate, vendor))
        return self._deployments[key]

    @contextmanager
    def new_deployment(self, candidate: Candidate, vendor: str) -> Iterator[Deployment]:
        """Create a database with a candidate's tables; drop it when the block ends."""
        with new_database(vendor, self.folder) as url:
            deployment = Deployment(candidate, vendor, url)
            setup = self.setup(deployment, "http")
            for arguments in candidate.prepare:
                run_command([candidate.python(), *arguments], candidate.environment(setup))
            yield deployment

    def add_readers(self, deployment: Deployment) -> list[Request]:
        """Add users with tokens to a deployment's database, and return a read by each."""
        candidate = deployment.candidate
        command = [candidate.python(), *candidate.add_readers, str(READERS)]
        printed = run_command(command, candidate.environment(self.setup(deployment, "http")))
        return [candidate.read(authorization) for authorization in printed.splitlines()]

    def setup(
        self,
        deployment: Deployment,
        scheme: str,
        *,
        workers: int | None = 1,
        threads: int | None = 8,
        url: str | None = None,
    ) -> Setup:
        """Return what to start a server with, on a free port.

        :param url: another URL of its database.
        """
        # SQLite stands for trying Tandem out: one process, no Redis.
        redis = self.redis_url if deployment.vendor == "postgres" else None
        origin, bundle = self.provider.origin(scheme), self.provider.bundle
        return Setup(url or deployment.url, origin, bundle, redis, free_port(), workers, threads)

    @contextmanager
    def serving(self, deployment: Deployment, setup: Setup, *, until_idle: bool = True) -> Iterator[Server]:
        """Run a server until the block ends.

        :param until_idle: wait until all workers wait for requests; otherwise until the port is open.
        """
        candidate, log = deployment.candidate, self.folder / f"{deployment.candidate.name}.log"
        command = [candidate.python(), *candidate.serve(setup)]
        with running(command, candidate.environment(setup), log) as process:
            await_ready(process, log, lambda: is_listening(setup.port))
            server = Server(deployment, setup, process.pid)
            if until_idle:
                _await_idle(server, log)
            yield server

    @contextmanager
    def recording_failures(self, deployment: Deployment, what: str) -> Iterator[None]:
        """Record a failure of a candidate and continue the run without the rest of the block."""
        try:
            yield
        except (UnexpectedResponseError, ProcessError) as error:
            progress(f"{deployment.candidate.name}, {what}: {error}")
            self.results.failures.append(f"{deployment.candidate.name}, {what}: {str(error)[:300]}")


def _await_idle(server: Server, log: Path) -> None:
    """Wait until no worker is starting any more: the first one would get all connections."""
    until, taken, idle = time.monotonic() + READY_TIMEOUT, 0.0, 0
    while idle < 2:
        if time.monotonic() > until:
            raise ProcessError(f"{server.deployment.candidate.name} is not idle after {READY_TIMEOUT} s:\n{tail(log)}")
        time.sleep(0.1)
        now = server.total_cpu()
        idle = idle + 1 if server.workers and now - taken < _IDLE_CPU else 0
        taken = now


def progress(text: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


@contextmanager
def benchmark_run(options: Options, candidates: Sequence[Candidate], folder: Path, results: Results) -> Iterator[Run]:
    """Start what all measurements share, and end it with the block.

    :param folder: for log files and SQLite databases.
    """
    with ExitStack() as stack:
        provider = stack.enter_context(running_provider())
        results.titles = {one.name: one.title for one in candidates}
        sign_in, readers = [one for one in candidates if one.path], [one for one in candidates if one.read_path]
        yield Run(options, sign_in, provider, folder, stack, results, readers)
