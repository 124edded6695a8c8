"""Exactly what one sign-in and one sign-up send to the database and to the provider, once everything is warm."""

import re
import time
from collections.abc import Iterator

from benchmarks.candidates import sign_ins
from benchmarks.load import Caller, Request
from benchmarks.proxy import StatementProxy
from benchmarks.results import Key
from benchmarks.run import PEOPLE, Bench, Place, say, warm_up

TIMES = 9
_LONG_AGO = 1.1
"""Seconds since anybody's last sign-in: social-core notes the time of one once a second at most."""
_VALUE = re.compile(r"'(?:[^']|'')*'|\b[0-9]+\b")
_DATABASE = "postgres"


def run(bench: Bench) -> None:
    """Count for every candidate, over TLS, on PostgreSQL: SQLite has no wire to listen at."""
    for candidate in bench.candidates:
        say(f"counts, {candidate.name}")
        place = bench.place(candidate, _DATABASE)
        with StatementProxy(place.url) as proxy:
            setup = bench.setup(place, "tls", url=proxy.url)
            with bench.noted(place, "counts"), bench.serving(place, setup) as started:
                warm_up(place, started)
                time.sleep(_LONG_AGO)
                caller = Caller(setup.port)
                try:
                    _count(bench, place, proxy, caller, "sign_in", sign_ins(candidate, PEOPLE))
                    newcomers = place.newcomers(TIMES + 1)
                    _count(bench, place, proxy, caller, "sign_up", sign_ins(candidate, newcomers))
                finally:
                    caller.close()


def _count(
    bench: Bench, place: Place, proxy: StatementProxy, caller: Caller, of: str, requests: Iterator[Request]
) -> None:
    """Count one by one: what a process does by itself now and then shows as the odd one among them."""
    caller.ask(next(requests))
    sent: list[list[str]] = []
    for _ in range(TIMES):
        proxy.reset()
        bench.provider.reset()
        caller.ask(next(requests))
        statements, seen = proxy.statements, bench.provider.counts()
        sent.append(statements)
        figures = {
            "statements": len([one for one in statements if one]),
            "empty_statements": len([one for one in statements if not one]),
            "database_connections": proxy.connections,
            **{f"provider_{name}": count for name, count in seen.items()},
        }
        for what, count in figures.items():
            bench.results.add(Key(f"{of}_{what}", place.candidate.name, _DATABASE, "tls"), count)
    usual = sorted(sent, key=len)[TIMES // 2]
    shapes = [_VALUE.sub("?", statement) for statement in usual]
    bench.results.statements.setdefault(place.candidate.name, {})[of] = shapes
