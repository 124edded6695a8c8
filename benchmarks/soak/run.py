"""The course of a run: send the traffic, let the events happen, and compare what is left with what was acknowledged."""

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import redis

from benchmarks.processes import ProcessError
from benchmarks.run import progress
from benchmarks.soak import events, fleet, stored
from benchmarks.soak.client import Client
from benchmarks.soak.deployment import Deployment, running_deployment
from benchmarks.soak.people import Names, Person
from benchmarks.soak.provider import Sandbox
from benchmarks.soak.records import Record
from benchmarks.soak.report import Outcome, verdicts
from benchmarks.soak.samples import Sampler
from benchmarks.soak.settle import settle, use_tokens
from benchmarks.soak.traffic import Caller

_CALLERS = 6


@dataclass(frozen=True)
class Options:
    """What to run."""

    minutes: float
    per_second: float
    sampled_every: float
    outage: float
    revision: str
    """Of the former release; empty for the last one before the newest migration, if there is git."""
    seed: int

    @property
    def seconds(self) -> float:
        """Length of the traffic."""
        return self.minutes * 60

    @property
    def max_requests(self) -> int:
        """MAX_REQUESTS of the first server: each of its processes is replaced twice or so."""
        return max(50, int(self.per_second * self.seconds / (fleet.SIZE * fleet.PROCESSES) / 3))


def soak(options: Options, folder: Path) -> Outcome:
    """Run everything.

    :param folder: for log files and samples.
    :raises ProcessError: a process cannot be started.
    """
    with running_deployment(options.revision, options.max_requests, folder) as deployment:
        progress(f"the former release is {deployment.former}")
        record = Record()
        callers = list(_callers(deployment, record, options.seed))
        sampler = Sampler(
            record,
            deployment.members,
            deployment.database_url,
            redis.Redis.from_url(deployment.redis_url),
            folder / "samples.csv",
            options.sampled_every,
        )
        stage = events.Stage(record, deployment, options.outage)
        with _in_threads([sampler.run], sampler.stop), _calling(callers, options.per_second):
            events.play(stage, options.seconds)
        progress("the traffic has ended")
        people = _settle(callers, record)
        _stop(deployment, record)
        outcome = Outcome(record, sampler, len(people), deployment.former, _log(deployment))
        outcome.verdicts += verdicts(outcome, people, stored.read(deployment.database_url), options.seconds)
    return outcome


def _callers(deployment: Deployment, record: Record, seed: int) -> Iterator[Caller]:
    names, prefixes = Names(), list(deployment.prefixes)
    for number in range(_CALLERS):
        choice = random.Random(seed + number)  # noqa: S311 - it chooses operations, not secrets
        first = number % len(prefixes)
        client = Client(deployment.url, prefixes[first:] + prefixes[:first], record)
        sandbox = Sandbox(deployment.sandbox_url, deployment.settings["SOCIAL_AUTH_GITHUB_KEY"], choice)
        yield Caller(client, sandbox, names, record, choice)


def _settle(callers: Sequence[Caller], record: Record) -> list[Person]:
    """Return everybody, after what was not acknowledged is known."""
    people = [person for caller in callers for person in caller.people.known]
    unsettled = [identity for caller in callers for identity in caller.people.unsettled]
    one = callers[0]
    settle(one.client, one.sandbox, people, unsettled, record)
    read = use_tokens(one.client, people, record)
    progress(f"{len(people)} people, {len(unsettled)} identities settled, {read} tokens used")
    return people


def _stop(deployment: Deployment, record: Record) -> None:
    """Stop the servers, which then write the rest of the ledger."""
    for member in deployment.members:
        try:
            member.stop()
        except ProcessError as error:
            record.fault(str(error))


def _log(deployment: Deployment) -> str:
    files = [file for member in deployment.members for file in member.logs]
    return "".join(file.read_text(encoding="utf-8", errors="replace") for file in files)


@contextmanager
def _calling(callers: Sequence[Caller], per_second: float) -> Iterator[None]:
    stopped, each = threading.Event(), per_second / len(callers)
    with _in_threads([partial(caller.run, each, stopped) for caller in callers], stopped.set):
        yield


@contextmanager
def _in_threads(functions: Sequence[Callable[[], None]], stop: Callable[[], None]) -> Iterator[None]:
    """Run functions, each in a thread, until the block ends and `stop` has let them return."""
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop()
        for thread in threads:
            thread.join()
