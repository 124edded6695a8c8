"""How long those wait who only read, while others sign in by a provider that answers, and by one that does not."""

import itertools
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from benchmarks.candidates import sign_ins
from benchmarks.load import Caller, Request, paced
from benchmarks.results import Key, percentile
from benchmarks.run import PEOPLE, Bench, Place, Started, say, warm_up

READS_A_SECOND, SIGN_INS_A_SECOND = 60, 80
"""Well below what the machine can do: what is measured is waiting for a thread, not for a core."""
_SECONDS, _TAKEN_UP_WITHIN = 7.0, 2.5
"""Of measuring, and until every thread that a hanging provider can take is taken; together less than the deadline."""
_READERS = range(1, 41)
_OF_THE_CONTRACT = frozenset({201, 503, 504})
"""What those get who sign in meanwhile: in at last, no place, or no answer."""


def run(bench: Bench) -> None:
    """Read at a steady pace, with settings that Tandem has by itself, round by round."""
    for candidate in bench.tandems()[-1:]:
        place = bench.place(candidate, "postgres")
        for turn in range(bench.choice.rounds):
            say(f"reads beside a hanging provider, round {turn + 1} of {bench.choice.rounds}")
            with bench.serving(place, bench.setup(place, "http", workers=None, threads=None)) as started:
                _turn(bench, place, started)


def _turn(bench: Bench, place: Place, started: Started) -> None:
    warm_up(place, started)
    reads = _reads(place, started)
    paced(started.setup.port, reads, per_second=READS_A_SECOND, seconds=1)
    for what, hangs in (("reads_p99_ms", False), ("reads_p99_ms_while_hanging", True)):
        bench.provider.hang(on=hangs)
        p99 = _p99(bench, place, started, reads)
        bench.results.add(Key(what, place.candidate.name, place.database, "http"), p99)


def _p99(bench: Bench, place: Place, started: Started, reads: Iterator[Request]) -> float:
    """Give the 99th percentile in milliseconds; the provider answers all it owes afterwards."""
    port = started.setup.port
    waiting = (replace(one, statuses=_OF_THE_CONTRACT, contains=b"") for one in sign_ins(place.candidate, PEOPLE))
    with ThreadPoolExecutor(1) as pool:
        signing_in = pool.submit(
            paced, port, waiting, per_second=SIGN_INS_A_SECOND, seconds=_TAKEN_UP_WITHIN + _SECONDS
        )
        try:
            time.sleep(_TAKEN_UP_WITHIN)
            ran = paced(port, reads, per_second=READS_A_SECOND, seconds=_SECONDS)
        finally:
            bench.provider.hang(on=False)
        signing_in.result()
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
