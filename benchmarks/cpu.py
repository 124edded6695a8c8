"""`python -m benchmarks.cpu`: milliseconds of CPU that a returning sign-in takes, and the ratio to the yardstick's."""

import argparse
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.candidates import APP_ID, Setup, people, tandem, yardstick
from benchmarks.databases import new_database
from benchmarks.load.runs import at_once, in_sequence
from benchmarks.processes import free_port
from benchmarks.provider.started import running_provider
from benchmarks.redis import running_redis
from benchmarks.started import Started, serving

PEOPLE = 100
_WARM_UP = 160


def main() -> None:
    """Measure the candidates in turn, round by round."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cpu", description=__doc__)
    parser.add_argument("--schemes", default="http,tls")
    parser.add_argument("--database", default="postgres", choices=("postgres", "sqlite"))
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    told = parser.parse_args()
    for scheme in told.schemes.split(","):
        costs = _measured(scheme, told.database, told.requests, told.rounds)
        base = statistics.median(costs["yardstick"])
        sys.stdout.write(f"\n{scheme}, {told.database}: CPU ms of a returning sign-in, median (least to most)\n")
        for name, found in costs.items():
            median = statistics.median(found)
            sys.stdout.write(
                f"  {name:10} {median:7.3f} ({min(found):.3f} to {max(found):.3f})  {median / base:5.2f} x yardstick\n"
            )
        sys.stdout.flush()


def _measured(scheme: str, database: str, requests: int, rounds: int) -> dict[str, list[float]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tandem-benchmark-")))
        redis = stack.enter_context(running_redis(folder))
        provider = stack.enter_context(running_provider(APP_ID))
        started: list[Started] = []
        for candidate in (yardstick(), tandem("v1"), tandem("v2")):
            url = stack.enter_context(new_database(database, folder))
            setup = Setup(url, provider.origin(scheme), provider.bundle, redis, free_port(), workers=1, threads=8)
            started.append(stack.enter_context(serving(candidate, setup)))
        for one in started:
            at_once(one.setup.port, people(one.candidate, 1, PEOPLE), connections=8, count=_WARM_UP, seconds=60)
        costs: dict[str, list[float]] = {one.candidate.name: [] for one in started}
        for _ in range(rounds):
            for one in started:
                costs[one.candidate.name].append(_cost(one, requests))
        return costs


def _cost(one: Started, requests: int) -> float:
    signing_in = people(one.candidate, 1, PEOPLE)
    in_sequence(one.setup.port, signing_in, 10)
    before = one.cpu()
    in_sequence(one.setup.port, signing_in, requests)
    return (one.cpu() - before) * 1000 / requests


if __name__ == "__main__":
    main()
