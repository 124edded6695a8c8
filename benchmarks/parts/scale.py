"""How long a sign-in and a sign-up take among a thousand people, and among a million."""

import statistics
from contextlib import ExitStack

from benchmarks.bench import PEOPLE, Bench, Place, say
from benchmarks.candidates.candidate import sign_ins
from benchmarks.crowd import PATTERN, multiply
from benchmarks.database_cpu import database_cpu, taken_since
from benchmarks.load.runs import in_sequence
from benchmarks.results import Key
from benchmarks.warm_up import warm_up

SIZES = (1_000, 1_000_000)
_SIGN_INS, _SIGN_UPS, _LEAST = 150, 40, 10


def run(bench: Bench) -> None:
    """Measure each candidate in both crowds by turns; a crowd is gone before the next candidate's is made."""
    for candidate in bench.candidates:
        with ExitStack() as stack:
            places = [stack.enter_context(bench.new_place(candidate, "postgres")) for _ in SIZES]
            for place, size in zip(places, SIZES, strict=True):
                say(f"scale, {candidate.name}: {size} people")
                _fill(bench, place, size)
            for _ in range(bench.choice.rounds):
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
        for what, people, count in (
            ("sign_in", spread, _SIGN_INS),
            ("sign_up", place.newcomers(_SIGN_UPS + 1), _SIGN_UPS),
        ):
            requests = sign_ins(place.candidate, people)
            in_sequence(setup.port, requests, count=1)
            before, database_before = started.cpu(), database_cpu(place.url)
            ran = in_sequence(setup.port, requests, count=count, least=_LEAST, seconds=2 * bench.choice.seconds)
            key = Key(f"{what}_ms_among_{size}", place.candidate.name, place.database, "http")
            bench.results.add(key, statistics.median(ran.took) * 1000)
            of_database = taken_since(database_before, database_cpu(place.url))
            if of_database is not None:
                each = (started.cpu() - before + of_database) * 1000 / len(ran.took)
                bench.results.add(key._replace(what=f"{what}_cpu_ms_among_{size}"), each)
