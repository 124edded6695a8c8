"""Three servers behind nginx against one, as docs/nginx/tandem.conf has it, each of one process."""

import shutil
from contextlib import ExitStack

from benchmarks.candidates import sign_ins
from benchmarks.load import at_once
from benchmarks.results import Key
from benchmarks.run import PEOPLE, Bench, Place, say, warm_up
from tests.behind_nginx.nginx import running_nginx

SIZES = (1, 3)
LATENCIES = (0, 200)
CALLERS = 60
"""At once, whatever there is behind nginx; one process lets 64 wait for a provider."""
_SECONDS = 5


def run(bench: Bench) -> None:
    """Measure both in turn, round by round; nothing where nginx is not installed."""
    if shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin") is None:
        bench.results.failures.append("three servers behind nginx: it is not installed")
        return
    for candidate in bench.tandems()[-1:]:
        place = bench.place(candidate, "postgres")
        for turn in range(bench.choice.rounds):
            for size in SIZES:
                say(f"{size} behind nginx, round {turn + 1} of {bench.choice.rounds}")
                with bench.noted(place, f"{size} behind nginx"):
                    _turn(bench, place, size)


def _turn(bench: Bench, place: Place, size: int) -> None:
    key = Key(f"fleet_of_{size}_per_second", place.candidate.name, place.database, "http")
    with ExitStack() as running:
        setups = [bench.setup(place, "http", workers=1, threads=None) for _ in range(size)]
        for setup in setups:
            warm_up(place, running.enter_context(bench.serving(place, setup)))
        nginx = running.enter_context(running_nginx([setup.port for setup in setups]))
        for latency in LATENCIES:
            bench.provider.set_latency(latency)
            try:
                requests = sign_ins(place.candidate, PEOPLE)
                at_once(nginx.port, requests, connections=CALLERS, count=CALLERS, seconds=60)
                ran = at_once(nginx.port, requests, connections=CALLERS, count=100_000, seconds=_SECONDS)
            finally:
                bench.provider.set_latency(0)
            bench.results.add(key._replace(latency=latency), ran.per_second)
