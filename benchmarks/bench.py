"""What all parts of a run share: the provider, Redis, the candidates with their databases, and the results."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from benchmarks.candidates.candidate import APP_ID, Candidate, Setup
from benchmarks.databases import new_database
from benchmarks.load.caller import WrongAnswerError
from benchmarks.processes import ProcessError, free_port
from benchmarks.provider.started import Provider, running_provider
from benchmarks.redis import running_redis
from benchmarks.results import Results
from benchmarks.started import Started, prepare, serving

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
    def serving(self, place: Place, setup: Setup) -> Iterator[Started]:
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
