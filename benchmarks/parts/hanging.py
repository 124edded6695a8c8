"""How long others wait who only read, while a provider takes calls and never answers."""

import itertools
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

from benchmarks.bench import PEOPLE, Bench, Place, say
from benchmarks.candidates.candidate import sign_ins
from benchmarks.load.caller import Caller, Request
from benchmarks.load.paced import paced
from benchmarks.load.runs import at_once
from benchmarks.parts.production import documented
from benchmarks.results import Key
from benchmarks.started import Started
from benchmarks.summary import percentile
from benchmarks.warm_up import warm_up

READS_PER_SECOND, _SECONDS = 60, 8
"""Well below what the machine can do: what is measured is waiting for a place, not for a core."""
_READERS = range(1, 41)
_TAKEN_UP_WITHIN = 1.5
"""Seconds until every place that a hanging provider can take is taken."""
_OF_THE_CONTRACT = frozenset({201, 503, 504})
"""What those get who sign in meanwhile: in at last, no place, or no answer."""


def run(bench: Bench) -> None:
    """Read at a steady pace, without and with a provider that hangs, round by round."""
    for candidate in bench.tandems()[-1:]:
        place = bench.place(candidate, "postgres")
        for turn in range(bench.choice.rounds):
            say(f"reads beside a hanging provider, round {turn + 1} of {bench.choice.rounds}")
            _turn(bench, place)


def _turn(bench: Bench, place: Place) -> None:
    setup = documented(bench, place)
    callers = (setup.workers or 1) * (setup.threads or 1)
    key = Key("", place.candidate.name, place.database, "http")
    with bench.serving(place, bench.setup(place, "http", workers=None, threads=None)) as started:
        warm_up(place, started)
        reads = _reads(place, started)
        paced(started.setup.port, reads, per_second=READS_PER_SECOND, seconds=1)
        bench.results.add(key._replace(what="reads_p99_ms"), _p99(started, reads))
        with _hanging(bench, place, started, callers):
            bench.results.add(key._replace(what="reads_p99_ms_while_hanging"), _p99(started, reads))


def _p99(started: Started, reads: Iterator[Request]) -> float:
    ran = paced(started.setup.port, reads, per_second=READS_PER_SECOND, seconds=_SECONDS)
    return percentile(ran.took, 99) * 1000


def _reads(place: Place, started: Started) -> Iterator[Request]:
    """Give reads of the users, by people who sign in first, for ever."""
    caller, asked = Caller(started.setup.port), list[Request]()
    try:
        for request, _ in zip(sign_ins(place.candidate, _READERS), _READERS, strict=False):
            caller.ask(request)
            signed_in = json.loads(caller.body)
            path = str(signed_in["resource_uri"]).rsplit("/", 2)[0]
            head = f"GET {path}/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {signed_in['token']}\r\n"
            head += "X-Forwarded-For: 10.9.0.1\r\nX-Forwarded-Proto: https\r\n\r\n"
            asked.append(Request(head.encode("ascii"), frozenset({200}), b'"objects"'))
    finally:
        caller.close()
    return itertools.cycle(asked)


@contextmanager
def _hanging(bench: Bench, place: Place, started: Started, callers: int) -> Iterator[None]:
    """Let as many as there are threads sign in, again and again, with a provider that does not answer."""
    ended, port = threading.Event(), started.setup.port

    def waiting() -> Iterator[Request]:
        for request in sign_ins(place.candidate, PEOPLE):
            if ended.is_set():
                return
            yield replace(request, statuses=_OF_THE_CONTRACT, contains=b"")

    def sign_in() -> None:
        at_once(port, waiting(), connections=callers, count=1_000_000, seconds=120)

    bench.provider.hang(on=True)
    with ThreadPoolExecutor(1) as pool:
        signing_in = pool.submit(sign_in)
        try:
            ended.wait(_TAKEN_UP_WITHIN)
            yield
        finally:
            ended.set()
            bench.provider.hang(on=False)
        signing_in.result()
