"""Tandem in production: default workers and threads, a slow or hanging provider, and several servers behind nginx."""

import itertools
import json
import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import psycopg

from benchmarks.candidates import default_server
from benchmarks.databases import OTHER_SESSIONS
from benchmarks.load import Connection, Request, send_at_rate, send_concurrently
from benchmarks.results import Key, percentile
from benchmarks.run import RETURNING_USERS, Deployment, Run, Server, progress
from tests.behind_nginx.nginx import running_nginx

LATENCY = 200
"""Milliseconds of the slow provider."""
_UNLIMITED, _SECONDS = 100_000, 5
_READS_PER_SECOND, _SIGN_INS_PER_SECOND = 60, 80
"""Well below what the machine can do: reads are to wait for a thread, not for a processor."""
_READ_SECONDS, _UNTIL_THREADS_HANG = 7.0, 2.5
"""How long to read, and after how long a hanging provider has all the threads that it can get; together less than the
deadline of a provider call."""
_READERS = range(1, 41)
_SIGN_IN_STATUSES = frozenset({201, 503, 504})
"""While the provider hangs: signed in after all, concurrency limit reached, provider timeout."""
_FLEET_SIZES = (1, 3)
_FLEET_CONNECTIONS = 60
"""A process lets 64 calls wait for a provider."""


def measure(run: Run) -> None:
    """Measure throughput and database connections with the default settings, and as many clients as get served."""
    for deployment in _rounds(run, "production settings"):
        default = run.setup(deployment, "tls", workers=None, threads=None)
        workers, threads = default_server(default)
        run.results.about["default server"] = f"{workers} processes of {threads} threads"
        # A provider gets half of the threads at most; more clients would wait, or get a 503.
        connections = workers * threads // 2
        key = Key("", deployment.candidate.name, deployment.vendor, "tls")
        with run.serving(deployment, default) as server:
            server.warm_up()
            server.sign_in_concurrently(connections=connections, count=2 * connections, seconds=60)
            for latency in (0, LATENCY):
                with run.provider.latency(latency), _watching_sessions(deployment.url) as seen:
                    load = server.sign_in_concurrently(connections=connections, count=_UNLIMITED, seconds=_SECONDS)
                run.results.add(key._replace(what="production_per_second", latency=latency), load.per_second)
                per_process = max(seen) / len(server.workers)
                run.results.add(key._replace(what="production_connections_a_process", latency=latency), per_process)


def _rounds(run: Run, what: str) -> Iterator[Deployment]:
    """Yield the deployment of the newest Tandem once for each round."""
    for candidate in run.newest_tandem:
        deployment = run.deployment(candidate, "postgres")
        for number in range(run.options.rounds):
            progress(f"{what}, {candidate.name}, round {number + 1} of {run.options.rounds}")
            yield deployment


@contextmanager
def _watching_sessions(url: str) -> Iterator[list[int]]:
    """Count the sessions of a database every 50 ms while the block runs; yield the list of counts."""
    ended, seen = threading.Event(), list[int]()

    def watch() -> None:
        with psycopg.connect(url, autocommit=True) as session:
            while not seen or not ended.wait(0.05):
                seen.append(len(session.execute(OTHER_SESSIONS).fetchall()))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        ended.set()
        watcher.join()


def measure_hanging(run: Run) -> None:
    """Measure reads at a steady rate beside sign-ins, by a provider that answers, then by one that does not."""
    for deployment in _rounds(run, "reads beside a hanging provider"):
        with run.serving(deployment, run.setup(deployment, "http", workers=None, threads=None)) as server:
            server.warm_up()
            reads = _reads(server)
            send_at_rate(server.setup.port, reads, per_second=_READS_PER_SECOND, seconds=1)
            for what, hangs in (("reads_p99_ms", False), ("reads_p99_ms_while_hanging", True)):
                run.provider.hang(on=hangs)
                run.results.add(
                    Key(what, deployment.candidate.name, deployment.vendor, "http"), _p99(run, server, reads)
                )


def _p99(run: Run, server: Server, reads: Iterator[Request]) -> float:
    """Return the 99th percentile of the reads in milliseconds; the provider responds again afterwards."""
    port = server.setup.port
    requests = server.deployment.candidate.sign_ins(RETURNING_USERS)
    sign_ins = (replace(one, statuses=_SIGN_IN_STATUSES, contains=b"") for one in requests)
    with ThreadPoolExecutor(1) as pool:
        seconds = _UNTIL_THREADS_HANG + _READ_SECONDS
        signing_in = pool.submit(send_at_rate, port, sign_ins, per_second=_SIGN_INS_PER_SECOND, seconds=seconds)
        try:
            time.sleep(_UNTIL_THREADS_HANG)
            load = send_at_rate(port, reads, per_second=_READS_PER_SECOND, seconds=_READ_SECONDS)
        finally:
            run.provider.hang(on=False)
        signing_in.result()
    return percentile(load.durations, 99) * 1000


def _reads(server: Server) -> Iterator[Request]:
    """Sign users in; return reads of `user/` by them in turn, without end."""
    connection, reads = Connection(server.setup.port), list[Request]()
    try:
        for request in itertools.islice(server.deployment.candidate.sign_ins(_READERS), len(_READERS)):
            connection.exchange(request)
            signed_in = json.loads(connection.body)
            path = str(signed_in["resource_uri"]).rsplit("/", 2)[0]
            head = f"GET {path}/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {signed_in['token']}\r\n"
            head += "X-Forwarded-For: 10.9.0.1\r\nX-Forwarded-Proto: https\r\n\r\n"
            reads.append(Request(head.encode("ascii"), frozenset({200}), b'"objects"'))
    finally:
        connection.close()
    return itertools.cycle(reads)


def measure_fleet(run: Run) -> None:
    """Measure the throughput of one server, and of three, of one process each behind docs/nginx/tandem.conf."""
    if shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin") is None:
        run.results.failures.append("three servers behind nginx: nginx is not installed")
        return
    for deployment in _rounds(run, "servers behind nginx"):
        for size in _FLEET_SIZES:
            with run.recording_failures(deployment, f"{size} behind nginx"):
                _measure_fleet(run, deployment, size)


def _measure_fleet(run: Run, deployment: Deployment, size: int) -> None:
    key = Key(f"fleet_of_{size}_per_second", deployment.candidate.name, deployment.vendor, "http")
    with ExitStack() as stack:
        setups = [run.setup(deployment, "http", workers=1, threads=None) for _ in range(size)]
        for setup in setups:
            stack.enter_context(run.serving(deployment, setup)).warm_up()
        nginx = stack.enter_context(running_nginx([setup.port for setup in setups]))
        for latency in (0, LATENCY):
            requests, connections = deployment.candidate.sign_ins(RETURNING_USERS), _FLEET_CONNECTIONS
            with run.provider.latency(latency):
                send_concurrently(nginx.port, requests, connections=connections, count=connections, seconds=60)
                load = send_concurrently(
                    nginx.port, requests, connections=connections, count=_UNLIMITED, seconds=_SECONDS
                )
            run.results.add(key._replace(latency=latency), load.per_second)
