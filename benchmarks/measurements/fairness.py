"""Waiting times of sign-ins as the number of callers grows, and while the database is away."""

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit, urlunsplit

from psycopg.conninfo import conninfo_to_dict

from benchmarks.candidates import Candidate, default_server
from benchmarks.load import Load, Request, send_concurrently
from benchmarks.measurements.production import LATENCY
from benchmarks.results import Key, percentile
from benchmarks.run import RETURNING_USERS, Run, Server, progress
from benchmarks.soak.gate import Gate

CALLERS = (16, 32, 64, 128, 256)
"""How many sign in at the same time, each again and again without a pause."""
OUTAGE_CALLERS = 128
OUTAGES: dict[str, Callable[[Gate], None]] = {"refuses": Gate.shut, "silent": Gate.stall}
"""What the database's address does: reset all connections and refuse new ones; accept them and send nothing."""
AWAY, BUSY, OTHER = "503 service_unavailable", "503 provider_unavailable", "other"
"""Refusals: the database is away; a provider has all the calls that `PROVIDER_CONCURRENCY` lets it have; all others."""
_PEER = "rest_social_auth"
_PEER_THREADS = 40
"""In each process: a peer keeps a connection for each thread, and PostgreSQL accepts 100 by default."""
_SECONDS, _UNLIMITED = 8.0, 100_000
_BEFORE, _AWAY, _AFTER = 3.0, 12.0, 8.0
"""Seconds of an outage's load: before the database goes away, until it is back, and until the end."""


def what(figure: str, callers: int) -> str:
    """Return the name of a figure at a number of callers."""
    return f"fairness_{figure}_at_{callers}"


def key(candidate: str, figure: str, callers: int) -> Key:
    """Return the key of a figure at a number of callers."""
    return Key(what(figure, callers), candidate, "postgres", "tls", LATENCY)


def outage_key(candidate: str, outage: str, figure: str) -> Key:
    """Return the key of a figure of an outage."""
    return Key(f"outage_{outage}_{figure}", candidate, "postgres", "tls", LATENCY)


def measure(run: Run) -> None:
    """Measure p50, p99, throughput and refusals with the default settings: the newest Tandem, and a peer."""
    peers = [one for one in run.candidates if one.name == _PEER]
    for number, candidate in itertools.product(range(run.options.rounds), [*run.newest_tandem, *peers]):
        progress(f"fairness, {candidate.name}, round {number + 1} of {run.options.rounds}")
        deployment = run.deployment(candidate, "postgres")
        setup = run.setup(deployment, "tls", workers=None, threads=None)
        if not candidate.is_tandem:
            setup = replace(setup, workers=default_server(setup)[0], threads=_PEER_THREADS)
        with run.recording_failures(deployment, "fairness"), run.serving(deployment, setup) as server:
            server.warm_up()
            with run.provider.latency(LATENCY):
                for callers in CALLERS:
                    _measure(run, server, callers)


def _measure(run: Run, server: Server, callers: int) -> None:
    candidate = server.deployment.candidate
    _send(server, callers, count=callers)
    load = _send(server, callers, seconds=_SECONDS)
    signed_in = [took for took, outcome in zip(load.durations, load.outcomes, strict=True) if _is_success(outcome)]
    figures = {
        "p50_ms": percentile(signed_in, 50) * 1000,
        "p99_ms": percentile(signed_in, 99) * 1000,
        "per_second": len(signed_in) / load.seconds,
    }
    # With zeros, so that the report says what did not happen.
    refused = dict.fromkeys((AWAY, BUSY, OTHER), 0)
    for outcome in load.outcomes:
        if not _is_success(outcome):
            refused[outcome if outcome in refused else OTHER] += 1
    figures |= {f"refused_{outcome}": count for outcome, count in refused.items()}
    for figure, value in figures.items():
        run.results.add(key(candidate.name, figure, callers), value)


def _is_success(outcome: str) -> bool:
    return outcome.startswith("2")


def _send(server: Server, callers: int, *, count: int = _UNLIMITED, seconds: float = 60) -> Load:
    """Sign users in; accept refusals, and a peer's failures."""
    requests = server.deployment.candidate.sign_ins(RETURNING_USERS)
    return send_concurrently(
        server.setup.port, map(_accepting_refusals, requests), connections=callers, count=count, seconds=seconds
    )


def _accepting_refusals(request: Request) -> Request:
    return replace(request, statuses=request.statuses | {500, 503}, contains=b"")


def measure_outage(run: Run) -> None:
    """Take the database away from the newest Tandem under load, and give it back."""
    for number, candidate in itertools.product(range(run.options.rounds), run.newest_tandem):
        for name in OUTAGES:
            progress(f"outage, database {name}, {candidate.name}, round {number + 1} of {run.options.rounds}")
            _measure_outage(run, candidate, name)


def _measure_outage(run: Run, candidate: Candidate, name: str) -> None:
    deployment = run.deployment(candidate, "postgres")
    parameters = conninfo_to_dict(deployment.url)
    with Gate(int(parameters.get("port") or 5432), str(parameters.get("host") or "127.0.0.1")) as gate:
        setup = run.setup(deployment, "tls", workers=None, threads=None, url=_through(deployment.url, gate.port))
        with run.recording_failures(deployment, f"outage, {name}"), run.serving(deployment, setup) as server:
            server.warm_up()
            with run.provider.latency(LATENCY):
                _send(server, OUTAGE_CALLERS, count=2 * OUTAGE_CALLERS)
                outage = _with_outage(server, gate, OUTAGES[name])
    for figure, value in outage_figures(outage).items():
        run.results.add(outage_key(candidate.name, name, figure), value)


def _through(url: str, port: int) -> str:
    """Return the URL of a database through a port of this machine."""
    parts = urlsplit(url)
    user = parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{port}"))


@dataclass(frozen=True, slots=True)
class Outage:
    """A load, and when the database was away, in seconds since it began."""

    load: Load
    away_at: float
    back_at: float


def _with_outage(server: Server, gate: Gate, take_away: Callable[[Gate], None]) -> Outage:
    began, moments = time.perf_counter(), list[float]()

    def interrupt() -> None:
        for pause, act in ((_BEFORE, take_away), (_AWAY, Gate.open)):
            time.sleep(pause)
            act(gate)
            moments.append(time.perf_counter() - began)

    interrupting = threading.Thread(target=interrupt)
    interrupting.start()
    try:
        load = _send(server, OUTAGE_CALLERS, seconds=_BEFORE + _AWAY + _AFTER)
    finally:
        interrupting.join()
        gate.open()
    return Outage(load, *moments)


def outage_figures(outage: Outage) -> dict[str, float]:
    """Return the times of an outage in seconds; those of what never happened are missing."""
    load = outage.load
    answers = list(zip(load.finished_at, load.durations, load.outcomes, strict=True))
    noticed = [at for at, _, outcome in answers if outcome == AWAY and at > outage.away_at]
    served = [at for at, _, outcome in answers if _is_success(outcome) and at > outage.back_at]
    # Those of requests that were sent and answered meanwhile; the others have waited before it or after it, too.
    waits = [took for at, took, _ in answers if at - took > outage.away_at and at < outage.back_at]
    figures = {"false_503": float(sum(outcome == AWAY and at < outage.away_at for at, _, outcome in answers))}
    if noticed:
        figures["first_503_s"] = min(noticed) - outage.away_at
    if waits:
        figures |= {"p50_s": percentile(waits, 50), "p99_s": percentile(waits, 99)}
    if served:
        figures["first_success_s"] = min(served) - outage.back_at
    return figures
