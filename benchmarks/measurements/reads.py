"""The cost and the throughput of a read: `user/` with an access token."""

import itertools
from contextlib import ExitStack

from benchmarks.candidates import Setup
from benchmarks.load import Request, send_concurrently, send_in_sequence
from benchmarks.results import Key
from benchmarks.run import Deployment, Run, progress

WORKERS, THREADS = 2, 8
"""Of the peers, and of Tandem where it is compared with the same threads."""
WITHOUT_LIMIT = "drf_authtoken"
"""The peer, without a rate limit, that Tandem's throughput with limits is compared with."""
_CALLERS = 64
"""Connections that always have a request in progress; Tandem's default threads are more, the peers' fewer."""
_READS, _AT_LEAST = 300, 50
_UNLIMITED = 100_000


def measure(run: Run) -> None:
    """Measure all candidates in turn, round by round, on PostgreSQL, each with users of its own."""
    with ExitStack() as stack:
        deployments = [stack.enter_context(run.new_deployment(one, "postgres")) for one in run.readers]
        reads = [run.add_readers(deployment) for deployment in deployments]
        for number in range(run.options.rounds):
            progress(f"reads, round {number + 1} of {run.options.rounds}")
            for deployment, requests in zip(deployments, reads, strict=True):
                with run.recording_failures(deployment, "reads"):
                    _measure(run, deployment, requests)


def _measure(run: Run, deployment: Deployment, requests: list[Request]) -> None:
    setup = run.setup(deployment, "http", workers=WORKERS, threads=THREADS)
    _measure_server(run, deployment, setup, requests, "")
    if deployment.candidate.is_tandem:
        default = run.setup(deployment, "http", workers=None, threads=None)
        _measure_server(run, deployment, default, requests, "_deployed")


def _measure_server(run: Run, deployment: Deployment, setup: Setup, requests: list[Request], suffix: str) -> None:
    key = Key("", deployment.candidate.name, deployment.vendor)
    reads, seconds = itertools.cycle(requests), run.options.seconds
    with run.serving(deployment, setup) as server:
        send_concurrently(setup.port, reads, connections=_CALLERS, count=4 * _CALLERS, seconds=60)
        cost = server.cost(
            lambda: send_in_sequence(setup.port, reads, count=_READS, at_least=_AT_LEAST, seconds=seconds)
        )
        load = send_concurrently(setup.port, reads, connections=_CALLERS, count=_UNLIMITED, seconds=2 * seconds)
    run.results.add(key._replace(what=f"read_cpu_ms{suffix}"), cost.cpu_ms)
    run.results.add(key._replace(what=f"reads_per_second{suffix}"), load.per_second)
