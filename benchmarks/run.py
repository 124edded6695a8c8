"""What all parts of a run share: the provider, Redis, the candidates with their databases, servers and results."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from benchmarks.candidates import APP_ID, Candidate, Setup, sign_ins
from benchmarks.databases import clear, new_database
from benchmarks.load import Timed, WrongAnswerError, at_once
from benchmarks.processes import (
    READY_WITHIN,
    ProcessError,
    await_ready,
    children,
    cpu_seconds,
    descendants,
    free_port,
    listens,
    run,
    running,
    running_redis,
    tail,
)
from benchmarks.provider import Provider, running_provider
from benchmarks.results import Results

PEOPLE = range(1, 401)
"""Who comes back; so many that nobody gets near the most tokens that one person may have."""
_NEWCOMERS_FROM = 10_000_000


@dataclass
class Place:
    """A candidate's database, and who is in it."""

    candidate: Candidate
    database: str
    url: str
    has_people: bool = False
    _next: int = _NEWCOMERS_FROM

    def newcomers(self, count: int) -> range:
        """Give so many people who have never been here."""
        self._next += count
        return range(self._next - count, self._next)


@dataclass(frozen=True)
class Choice:
    """What is to be measured, and how often."""

    rounds: int
    databases: Sequence[str]
    schemes: Sequence[str]
    latencies: Sequence[int]
    """Milliseconds, besides none."""
    seconds: float
    """How long one measurement may take."""


@dataclass
class Bench:
    """The run."""

    choice: Choice
    candidates: Sequence[Candidate]
    provider: Provider
    folder: Path
    stack: ExitStack
    results: Results
    _places: dict[tuple[str, str], Place] = field(default_factory=dict)

    @cached_property
    def redis_url(self) -> str:
        """Start Redis for whoever needs it."""
        return self.stack.enter_context(running_redis(self.folder))

    def place(self, candidate: Candidate, database: str) -> Place:
        """Give a candidate's database, made and prepared the first time; it is dropped when the run ends."""
        key = (candidate.name, database)
        if key not in self._places:
            self._places[key] = self.stack.enter_context(self.new_place(candidate, database))
        return self._places[key]

    @contextmanager
    def new_place(self, candidate: Candidate, database: str) -> Iterator[Place]:
        """Make and prepare another database for a candidate, which is dropped when the block ends."""
        with new_database(database, self.folder) as url:
            place = Place(candidate, database, url)
            prepare(candidate, self.setup(place, "http"))
            yield place

    def setup(
        self, place: Place, scheme: str, *, workers: int | None = 1, threads: int | None = 8, url: str | None = None
    ) -> Setup:
        """Give what the candidate is started with, on a free port.

        :param url: another way to its database.
        """
        # On SQLite there is one process, and no Redis, as where somebody tries it out.
        redis = self.redis_url if place.database == "postgres" else None
        origin, bundle = self.provider.origin(scheme), self.provider.bundle
        return Setup(url or place.url, origin, bundle, redis, free_port(), workers, threads)

    @contextmanager
    def serving(self, place: Place, setup: Setup) -> Iterator["Started"]:
        """Run a candidate's server."""
        with serving(place.candidate, setup, self.folder) as started:
            yield started

    @contextmanager
    def noted(self, place: Place, what: str) -> Iterator[None]:
        """Go on with the others after a candidate has failed: it is told, and what was measured around it lost."""
        try:
            yield
        except (WrongAnswerError, ProcessError) as error:
            say(f"{place.candidate.name}, {what}: {error}")
            self.results.failures.append(f"{place.candidate.name}, {what}: {str(error)[:300]}")

    def tandems(self) -> list[Candidate]:
        """Give Tandem's mounts among the candidates, the newest last."""
        return [one for one in self.candidates if one.is_tandem]


def say(text: str) -> None:
    """Tell whoever waits how far it is."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


@contextmanager
def bench(choice: Choice, candidates: Sequence[Candidate], folder: Path, results: Results) -> Iterator[Bench]:
    """Start what all share; all of it ends with the block."""
    with ExitStack() as stack:
        provider = stack.enter_context(running_provider(APP_ID))
        results.titles = {one.name: one.title for one in candidates}
        yield Bench(choice, candidates, provider, folder, stack, results)


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
        """Give the processes that answer: those at the end of the tree."""
        return [pid for pid in descendants(self.pid) if not children(pid)]

    def cpu_of(self, run: Callable[[], Timed]) -> tuple[Timed, float]:
        """Do a run; give it with the milliseconds of CPU that each of its requests has taken of all workers.

        :raises ProcessError: they are others afterwards, so that nobody can say.
        """
        before = _cpu_by_process(self.workers)
        ran = run()
        after = _cpu_by_process(self.workers)
        if before.keys() != after.keys():
            raise ProcessError("a worker was replaced meanwhile")
        return ran, (sum(after.values()) - sum(before.values())) * 1000 / len(ran.took)

    def cpu_since_start(self) -> float:
        """Give the seconds of CPU that it has taken as a whole."""
        return sum(_cpu_by_process([self.pid, *descendants(self.pid)]).values())


def _cpu_by_process(pids: Sequence[int]) -> dict[int, float]:
    taken: dict[int, float] = {}
    for pid in pids:
        with suppress(OSError):  # it has just ended
            taken[pid] = cpu_seconds(pid)
    return taken


def prepare(candidate: Candidate, setup: Setup) -> None:
    """Make the tables."""
    for command in candidate.prepare(setup):
        run(command, candidate.environment(setup))


@contextmanager
def serving(candidate: Candidate, setup: Setup, folder: Path) -> Iterator["Started"]:
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


_EACH = 4
"""Sign-ins for each thread."""
_SECONDS = 120


def warm_up(place: Place, started: Started) -> None:
    """Sign everyone up, once for each database; then keep all threads busy for a moment."""
    port, busy = started.setup.port, connections(started)
    if place.has_people and place.candidate.credentials:
        # Whoever comes back has a few credentials, not those of all earlier measurements.
        clear(place.url, place.candidate.credentials)
    if not place.has_people:
        at_once(port, sign_ins(place.candidate, PEOPLE), connections=busy, count=len(PEOPLE), seconds=_SECONDS)
        place.has_people = True
    at_once(port, sign_ins(place.candidate, PEOPLE), connections=busy, count=busy * _EACH // 2, seconds=_SECONDS)


def connections(started: Started) -> int:
    """Give how many keep all threads of all workers busy: they are not handed out evenly."""
    return 2 * (started.setup.workers or 1) * (started.setup.threads or 1)
