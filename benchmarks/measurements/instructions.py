"""The instructions of a sign-in, of a sign-up and of a read, counted in one process without a server."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import cycle, islice

from benchmarks.callgrind import CountedApplication, counted_application, is_installed
from benchmarks.load import Request
from benchmarks.results import Key
from benchmarks.run import Deployment, Run, progress

_USERS = range(1, 21)
_CALLS = 10
"""Requests of which each is counted; the figure is the least count."""


def measure(run: Run) -> None:
    """Count sign-ins and reads, if Callgrind is installed."""
    if is_installed():
        measure_sign_ins(run)
        measure_reads(run)
    else:
        run.results.failures.append("instructions: valgrind and callgrind_control are not installed")


def measure_sign_ins(run: Run) -> None:
    """Count for every candidate that signs in, on each database, over each scheme; sign-ups on PostgreSQL alone."""
    for vendor in run.options.databases:
        for candidate in run.candidates:
            deployment = run.deployment(candidate, vendor)
            for scheme in run.options.schemes:
                progress(f"instructions of a sign-in, {candidate.name}, {vendor}, {scheme}")
                with run.recording_failures(deployment, f"instructions of a sign-in, {vendor}, {scheme}"):
                    _count_sign_ins(run, deployment, scheme)


def measure_reads(run: Run) -> None:
    """Count for every candidate that can be read, on PostgreSQL."""
    for candidate in run.readers:
        progress(f"instructions of a read, {candidate.name}")
        deployment = run.deployment(candidate, "postgres")
        with run.recording_failures(deployment, "instructions of a read"):
            _count_reads(run, deployment)


def _count_sign_ins(run: Run, deployment: Deployment, scheme: str) -> None:
    candidate, key = deployment.candidate, Key("", deployment.candidate.name, deployment.vendor, scheme)
    # Most peers read all trusted certificates for each call: their sign-ins are thirty times as long over TLS.
    is_long = scheme == "tls" and candidate.name in run.results.peers()
    calls = 4 if is_long else _CALLS
    again, new = candidate.sign_ins(_USERS), candidate.sign_ins(deployment.new_users(2 * calls))
    with _counted(run, deployment, scheme) as application:
        application.answer(list(islice(again, 2 * len(_USERS) if scheme == "http" else len(_USERS))))
        _add(run, key._replace(what="sign_in_instructions"), application, again, calls)
        if deployment.vendor == "postgres":
            application.answer(list(islice(new, calls)))
            _add(run, key._replace(what="sign_up_instructions"), application, new, calls)


def _count_reads(run: Run, deployment: Deployment) -> None:
    key = Key("read_instructions", deployment.candidate.name, deployment.vendor, "http")
    requests = run.add_readers(deployment)[:_CALLS]
    with _counted(run, deployment, "http") as application:
        application.answer(2 * requests)
        _add(run, key, application, cycle(requests), _CALLS)


def _counted(run: Run, deployment: Deployment, scheme: str) -> AbstractContextManager[CountedApplication]:
    candidate, setup = deployment.candidate, run.setup(deployment, scheme)
    return counted_application(candidate.python(), candidate.application, candidate.environment(setup), run.folder)


def _add(run: Run, key: Key, application: CountedApplication, requests: Iterator[Request], calls: int) -> None:
    run.results.add(key, application.count(list(islice(requests, calls))))
