"""Tandem with the settings that it has by itself: its throughput, and connections, behind a slow provider."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from benchmarks.candidates import Setup, documented_server, sign_ins
from benchmarks.load import at_once
from benchmarks.results import Key
from benchmarks.run import PEOPLE, Bench, Place, say, warm_up

LATENCY = 200
_EVERY = 0.05
"""Seconds between two looks at the server's connections."""
_SECONDS = 5
_OPEN = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def run(bench: Bench) -> None:
    """Keep as many sign-ins under way as one provider may have, with and without a slow one, round by round."""
    for candidate in bench.tandems()[-1:]:
        place = bench.place(candidate, "postgres")
        for turn in range(bench.choice.rounds):
            say(f"production settings, {candidate.name}, round {turn + 1} of {bench.choice.rounds}")
            _turn(bench, place)


def _turn(bench: Bench, place: Place) -> None:
    setup = documented(bench, place)
    # Half the threads are for a provider at most; more callers would wait for a place, or be turned away.
    busy = (setup.workers or 1) * (setup.threads or 1) // 2
    key = Key("", place.candidate.name, place.database, "tls")
    with bench.serving(place, bench.setup(place, "tls", workers=None, threads=None)) as started:
        port = started.setup.port
        warm_up(place, started)
        at_once(port, sign_ins(place.candidate, PEOPLE), connections=busy, count=2 * busy, seconds=60)
        for latency in (0, LATENCY):
            bench.provider.set_latency(latency)
            try:
                with _most_connections(place.url) as seen:
                    ran = at_once(
                        port, sign_ins(place.candidate, PEOPLE), connections=busy, count=100_000, seconds=_SECONDS
                    )
            finally:
                bench.provider.set_latency(0)
            bench.results.add(key._replace(what="production_per_second", latency=latency), ran.per_second)
            each = max(seen) / len(started.workers)
            bench.results.add(key._replace(what="production_connections_a_process", latency=latency), each)


def documented(bench: Bench, place: Place) -> Setup:
    """Give the workers and threads that Tandem takes where nobody says otherwise."""
    workers, threads = documented_server(bench.setup(place, "tls", workers=None, threads=None))
    bench.results.about["documented server"] = f"{workers} processes of {threads} threads"
    return bench.setup(place, "tls", workers=workers, threads=threads)


@contextmanager
def _most_connections(url: str) -> Iterator[list[int]]:
    """Look how many connections to a database are open, now and then, while the block runs."""
    ended, seen = threading.Event(), list[int]()

    def look() -> None:
        with psycopg.connect(url, autocommit=True) as session:
            while not seen or not ended.wait(_EVERY):
                seen.extend(count for (count,) in session.execute(_OPEN))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield seen
    finally:
        ended.set()
        looking.join()
