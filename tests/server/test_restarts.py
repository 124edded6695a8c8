"""Replacing workers and stopping the service under load: every accepted request is answered."""

import json
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack

import pytest
from django.conf import settings

from tests.e2e.servers import Service, killable_service, running_service
from tests.e2e.synthetic_github import fields, synthetic_github
from tests.e2e.temporary_servers import temporary_redis
from tests.server.callers import TIMEOUT, Calls, calling, read, request

pytestmark = pytest.mark.e2e

PREFIXES = list(settings.APIS.values())
OTHERS_WAIT = 8
"""Seconds; gunicorn's own worker would wait twice as long for the clients that do not close."""
IN_A_THREAD = 5.5
"""Seconds; a thread waits five for the first bytes of a new connection before the poller does."""
PUBLIC = request("GET", f"/{PREFIXES[-1]}provider/")


def sign_up(number: int, prefix: str = PREFIXES[-1]) -> bytes:
    return request("POST", f"/{prefix}social_sign_up/", json.dumps(fields(number, f"person-{number}")).encode())


@pytest.fixture
def gate() -> threading.Event:
    """An event; the provider answers while it is set."""
    gate = threading.Event()
    gate.set()
    return gate


@pytest.fixture
def running(gate: threading.Event) -> Iterator[Callable[..., AbstractContextManager[Service]]]:
    """Return a function that starts a service whose provider waits for `gate`.

    The provider timeout is longer than any test.
    """
    with synthetic_github(before=lambda: gate.wait(TIMEOUT)) as github, ExitStack() as kept:

        def running(processes: int = 1, *, mortal: bool = False, **environment: str) -> AbstractContextManager[Service]:
            environment |= {"PROVIDER_TIMEOUT": str(5 * TIMEOUT), "THREADS": "16"}
            if processes > 1:
                redis = kept.enter_context(temporary_redis())
                environment |= {"WEB_CONCURRENCY": str(processes), "REDIS_URL": redis.url}
            start = killable_service if mortal else running_service
            return start(None, **github.environment, **environment)

        yield running
        gate.set()


Running = Callable[..., AbstractContextManager[Service]]


def soon(true: Callable[[], bool]) -> None:
    until = time.monotonic() + TIMEOUT
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


def no_call_is_answered(calls: Calls) -> bool:
    before = calls.statuses.total()
    time.sleep(1)
    return calls.statuses.total() == before


@pytest.mark.redis
def test_workers_at_their_request_limit_are_replaced(running: Running) -> None:
    """Both of two workers; no call is lost or refused, on kept connections and on new ones."""
    with running(2, MAX_REQUESTS="100") as service, ExitStack() as load:
        first = set(service.workers)
        calls = [load.enter_context(calling(service.address, PUBLIC, callers=3, kept=kept)) for kept in (True, False)]
        soon(lambda: not first & set(service.workers))
    assert [(one.lost, one.refused, set(one.statuses)) for one in calls] == [([], 0, {200})] * 2


def test_the_only_worker_answers_all_it_has_before_it_is_replaced(running: Running, gate: threading.Event) -> None:
    """With one process, new connections wait until a slow sign-up has ended and the next worker serves."""
    with running(MAX_REQUESTS="20") as service, socket.create_connection(service.address, TIMEOUT) as waits:
        (first,) = service.workers
        gate.clear()
        waits.sendall(sign_up(1))
        with calling(service.address, PUBLIC, callers=2) as calls:
            # The worker stops accepting at its limit; the sign-up is still in progress in it.
            soon(lambda: no_call_is_answered(calls))
            assert service.workers == [first]
            gate.set()
            assert read(waits)[0] == 201
            calls.wait_for(10)
            assert first not in service.workers
    assert (calls.lost, calls.refused, set(calls.statuses)) == ([], 0, {200})


@pytest.mark.redis
def test_sighup_replaces_all_workers(running: Running) -> None:
    """No call is lost or refused: the old workers answer what they have, and the queue waits for the new ones."""
    with running(2) as service, calling(service.address, PUBLIC, callers=4) as calls:
        before = set(service.workers)
        with calling(service.address, sign_up(1), callers=2, kept=False) as sign_ups:
            service.process.send_signal(signal.SIGHUP)
            soon(lambda: not before & set(service.workers))
            sign_ups.wait_for(10)
            assert len(service.workers) == 2
    assert (calls.lost, calls.refused, set(calls.statuses)) == ([], 0, {200})
    assert (sign_ups.lost, sign_ups.refused, set(sign_ups.statuses)) == ([], 0, {201})


@pytest.mark.redis
def test_sigterm_answers_all_accepted_requests(running: Running, gate: threading.Event) -> None:
    """Including those in the kernel's queue, and sign-ups that wait for a provider."""
    with running(2, mortal=True) as service, ExitStack() as load:
        waiting = [load.enter_context(socket.create_connection(service.address, TIMEOUT)) for _ in range(4)]
        gate.clear()
        for number, one in enumerate(waiting):
            one.sendall(sign_up(number, PREFIXES[number % len(PREFIXES)]))
        calls = [load.enter_context(calling(service.address, PUBLIC, callers=8, kept=kept)) for kept in (True, False)]
        for some in calls:
            some.wait_for(50)
        service.process.send_signal(signal.SIGTERM)
        soon(lambda: all(one.refused for one in calls))
        gate.set()
        assert [read(one) for one in waiting] == [(201, True)] * 4
        assert service.process.wait(TIMEOUT) == 0
        assert "was sent" not in service.log(), "a worker was killed"
    assert [set(one.statuses) for one in calls] == [{200}] * 2
    # A connection that is made at the moment of the close may be reset; gunicorn's own worker resets the whole queue.
    assert sum(len(one.lost) for one in calls) <= 1


def test_idle_clients_delay_neither_requests_nor_the_stop(running: Running) -> None:
    """Clients that send nothing, and clients that do not close after `Connection: close`."""
    with running(mortal=True) as service, ExitStack() as kept:
        idle = kept.enter_context(socket.create_connection(service.address, TIMEOUT))
        began = time.monotonic()
        for _ in range(8):
            stays = kept.enter_context(socket.create_connection(service.address, TIMEOUT))
            stays.sendall(request("GET", "/livez", Connection="close"))
            assert read(stays) == (200, True)
            other = kept.enter_context(socket.create_connection(service.address, OTHERS_WAIT))
            other.sendall(request("GET", "/livez"))
            assert read(other) == (200, False)
        time.sleep(max(0.0, began + IN_A_THREAD - time.monotonic()))
        service.process.send_signal(signal.SIGTERM)
        assert idle.recv(1) == b""
        assert service.process.wait(TIMEOUT) == 0
