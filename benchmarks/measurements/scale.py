"""How long a sign-in and a sign-up take among a thousand people, and among a million."""

import statistics
from contextlib import ExitStack

from benchmarks.candidates import sign_ins
from benchmarks.databases import PATTERN, database_cpu, multiply, taken_since
from benchmarks.load import in_sequence
from benchmarks.results import Key
from benchmarks.run import PEOPLE, Bench, Place, Started, say, warm_up

SIZES = (1_000, 1_000_000)
_MOST_ROUNDS = 3
_SIGN_INS, _SIGN_UPS, _LEAST = 150, 40, 10


def run(bench: Bench) -> None:
    """Measure each candidate in both crowds by turns; a crowd is gone before the next candidate's is made."""
    for candidate in bench.candidates:
        with ExitStack() as stack:
            places = [stack.enter_context(bench.new_place(candidate, "postgres")) for _ in SIZES]
            for place, size in zip(places, SIZES, strict=True):
                say(f"scale, {candidate.name}: {size} people")
                _fill(bench, place, size)
            # Of the peers it is the order of magnitude that tells.
            own = candidate.is_tandem or candidate.name == "yardstick"
            for _ in range(min(bench.choice.rounds, _MOST_ROUNDS if own else 1)):
                for place, size in zip(places, SIZES, strict=True):
                    _turn(bench, place, size)


def _fill(bench: Bench, place: Place, size: int) -> None:
    setup = bench.setup(place, "http")
    with bench.serving(place, setup):
        in_sequence(setup.port, sign_ins(place.candidate, range(PATTERN, PATTERN + 1)), count=1)
    multiply(place.url, place.candidate.tables, size)
    place.has_people = True


def _turn(bench: Bench, place: Place, size: int) -> None:
    setup = bench.setup(place, "http")
    with bench.noted(place, f"among {size}"), bench.serving(place, setup) as started:
        warm_up(place, started)
        spread = range(1, size + 1, max(size // len(PEOPLE), 1))
        _cost(bench, place, started, spread, _SIGN_INS, f"sign_in_{{}}_among_{size}")
        _cost(bench, place, started, place.newcomers(_SIGN_UPS + 1), _SIGN_UPS, f"sign_up_{{}}_among_{size}")


def _cost(bench: Bench, place: Place, started: Started, people: range, count: int, what: str) -> None:
    requests, port = sign_ins(place.candidate, people), started.setup.port
    in_sequence(port, requests, count=1)
    before = database_cpu(place.url)
    ran, each = started.cpu_of(
        lambda: in_sequence(port, requests, count=count, least=_LEAST, seconds=2 * bench.choice.seconds)
    )
    of_database = taken_since(before, database_cpu(place.url))
    key = Key(what.format("ms"), place.candidate.name, place.database, "http")
    bench.results.add(key, statistics.median(ran.took) * 1000)
    if of_database is not None:
        bench.results.add(key._replace(what=what.format("cpu_ms")), each + of_database * 1000 / len(ran.took))
