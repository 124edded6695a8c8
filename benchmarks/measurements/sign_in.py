"""What a sign-in and a sign-up cost, and how many there are a second: every candidate in turn, round by round."""

from benchmarks.candidates import sign_ins
from benchmarks.databases import database_cpu, taken_since
from benchmarks.load import at_once, in_sequence
from benchmarks.results import Key
from benchmarks.run import PEOPLE, Bench, Place, Started, connections, say, warm_up

WORKERS = {"postgres": 2, "sqlite": 1}
THREADS = 8
_IN_SEQUENCE, _AT_ONCE, _LEAST, _NEWCOMERS = 200, 5_000, 20, 20
_MOST_ROUNDS = {"postgres": 100, "sqlite": 3}
_ROUNDS_WITH_LATENCY = 3
_ANSWERS_AWAITED = 20
"""How many answers of a slow provider fit, one after the other, into a measurement."""


def run(bench: Bench) -> None:
    """Measure all of them by every way that was chosen."""
    for database in bench.choice.databases:
        places = [bench.place(candidate, database) for candidate in bench.candidates]
        for scheme in bench.choice.schemes:
            rounds = min(bench.choice.rounds, _MOST_ROUNDS[database])
            for turn in range(rounds):
                say(f"sign-ins, {database}, {scheme}, round {turn + 1} of {rounds}")
                for place in places:
                    _turn(bench, place, scheme, with_latency=turn < _ROUNDS_WITH_LATENCY)


def _turn(bench: Bench, place: Place, scheme: str, *, with_latency: bool) -> None:
    key = Key("", place.candidate.name, place.database, scheme)
    setup = bench.setup(place, scheme, workers=WORKERS[place.database], threads=THREADS)
    with bench.noted(place, f"{place.database}, {scheme}"), bench.serving(place, setup) as started:
        warm_up(place, started)
        _cost(bench, place, started, PEOPLE, key._replace(what="cpu_ms"))
        _cost(bench, place, started, place.newcomers(_NEWCOMERS + 1), key._replace(what="sign_up_cpu_ms"))
        _throughput(bench, place, started, key)
        for latency in bench.choice.latencies if with_latency else ():
            bench.provider.set_latency(latency)
            try:
                _throughput(bench, place, started, key._replace(latency=latency))
            finally:
                bench.provider.set_latency(0)


def _cost(bench: Bench, place: Place, started: Started, people: range, key: Key) -> None:
    """Send one request after the other: milliseconds of CPU that each takes of all workers, and of the database."""
    requests, port = sign_ins(place.candidate, people), started.setup.port
    in_sequence(port, requests, count=1)
    database_before = database_cpu(place.url) if place.database == "postgres" else {}
    count = min(_IN_SEQUENCE, len(people) - 1)
    ran, each = started.cpu_of(
        lambda: in_sequence(port, requests, count=count, least=_LEAST, seconds=bench.choice.seconds)
    )
    bench.results.add(key, each)
    of_database = taken_since(database_before, database_cpu(place.url)) if database_before else None
    if of_database is not None:
        bench.results.add(key._replace(what=f"database_{key.what}"), of_database * 1000 / len(ran.took))


def _throughput(bench: Bench, place: Place, started: Started, key: Key) -> None:
    """Keep every thread busy; what a request costs then is told, too, where waiting is most of its time."""
    ran, each = started.cpu_of(
        lambda: at_once(
            started.setup.port,
            sign_ins(place.candidate, PEOPLE),
            connections=connections(started),
            count=_AT_ONCE,
            seconds=max(bench.choice.seconds, _ANSWERS_AWAITED * key.latency / 1000),
        )
    )
    bench.results.add(key._replace(what="per_second"), ran.per_second)
    if key.latency:
        bench.results.add(key._replace(what="cpu_ms"), each)
