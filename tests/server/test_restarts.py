"""Workers that are replaced and services that end, under load: who was let in is answered."""

import json
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack

import pytest
from django.conf import settings

from tests.e2e.inventive import fields, inventive_github
from tests.e2e.private import private_redis
from tests.e2e.servers import Service, mortal_service, running_service
from tests.server.callers import PATIENCE, Calls, calling, read, request

pytestmark = pytest.mark.e2e

PREFIXES = list(settings.APIS.values())
OTHERS_WAIT = 8
"""Seconds, half as many as gunicorn would be busy with those who do not close."""
IN_A_THREAD = 5.5
"""Seconds; gunicorn gives a new connection five of a thread before it waits without one."""
PUBLIC = request("GET", f"/{PREFIXES[-1]}provider/")


def sign_up(number: int, prefix: str = PREFIXES[-1]) -> bytes:
    return request("POST", f"/{prefix}social_sign_up/", json.dumps(fields(number, f"person-{number}")).encode())


@pytest.fixture
def gate() -> threading.Event:
    """The provider answers while it is set."""
    gate = threading.Event()
    gate.set()
    return gate


@pytest.fixture
def running(gate: threading.Event) -> Iterator[Callable[..., AbstractContextManager[Service]]]:
    """A service of one process, or more where there is Redis, whose provider waits at the gate.

    It waits for the provider longer than any test does.
    """
    with inventive_github(before=lambda: gate.wait(PATIENCE)) as github, ExitStack() as kept:

        def running(processes: int = 1, *, mortal: bool = False, **environment: str) -> AbstractContextManager[Service]:
            environment |= {"PROVIDER_TIMEOUT": str(5 * PATIENCE), "THREADS": "16"}
            if processes > 1:
                redis = kept.enter_context(private_redis())
                environment |= {"WEB_CONCURRENCY": str(processes), "REDIS_URL": redis.url}
            start = mortal_service if mortal else running_service
            return start(None, **github.environment, **environment)

        yield running
        gate.set()


Running = Callable[..., AbstractContextManager[Service]]


def soon(true: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


def nobody_is_answered(calls: Calls) -> bool:
    before = calls.statuses.total()
    time.sleep(1)
    return calls.statuses.total() == before


@pytest.mark.redis
def test_a_worker_that_has_had_its_requests_is_replaced(running: Running) -> None:
    """Both of two; on kept connections and on new ones no call is lost, none refused."""
    with running(2, MAX_REQUESTS="100") as service, ExitStack() as load:
        first = set(service.workers)
        calls = [load.enter_context(calling(service.address, PUBLIC, callers=3, kept=kept)) for kept in (True, False)]
        soon(lambda: not first & set(service.workers))
    assert [(one.lost, one.refused, set(one.statuses)) for one in calls] == [([], 0, {200})] * 2


def test_the_only_worker_answers_all_it_has_before_it_is_replaced(running: Running, gate: threading.Event) -> None:
    """With one process, new connections wait until a slow sign-up has ended and the next worker serves."""
    with running(MAX_REQUESTS="20") as service, socket.create_connection(service.address, PATIENCE) as waits:
        (first,) = service.workers
        gate.clear()
        waits.sendall(sign_up(1))
        with calling(service.address, PUBLIC, callers=2) as calls:
            # The worker stops accepting at its limit; the sign-up is still in progress in it.
            soon(lambda: nobody_is_answered(calls))
            assert service.workers == [first]
            gate.set()
            assert read(waits)[0] == 201
            calls.wait_for(10)
            assert first not in service.workers
    assert (calls.lost, calls.refused, set(calls.statuses)) == ([], 0, {200})


@pytest.mark.redis
def test_sighup_replaces_all_of_them(running: Running) -> None:
    """The new ones serve before the old ones go, and no call is lost or refused."""
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
def test_at_sigterm_who_was_let_in_is_answered(running: Running, gate: threading.Event) -> None:
    """Those in the kernel's queue, whom no worker has accepted yet, and those who wait for a provider included."""
    with running(2, mortal=True) as service, ExitStack() as load:
        waiting = [load.enter_context(socket.create_connection(service.address, PATIENCE)) for _ in range(4)]
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
        assert service.process.wait(PATIENCE) == 0
        assert "was sent" not in service.log(), "a worker was killed"
    assert [set(one.statuses) for one in calls] == [{200}] * 2
    # One may connect in the very moment in which a socket is closed; gunicorn by itself resets whoever is in the queue.
    assert sum(len(one.lost) for one in calls) <= 1


def test_idle_clients_hold_up_nobody(running: Running) -> None:
    """Those who say nothing or do not close when they are told to: neither other clients nor the end wait for them."""
    with running(mortal=True) as service, ExitStack() as kept:
        silent = kept.enter_context(socket.create_connection(service.address, PATIENCE))
        began = time.monotonic()
        for _ in range(8):
            stays = kept.enter_context(socket.create_connection(service.address, PATIENCE))
            stays.sendall(request("GET", "/livez", Connection="close"))
            assert read(stays) == (200, True)
            other = kept.enter_context(socket.create_connection(service.address, OTHERS_WAIT))
            other.sendall(request("GET", "/livez"))
            assert read(other) == (200, False)
        time.sleep(max(0.0, began + IN_A_THREAD - time.monotonic()))
        service.process.send_signal(signal.SIGTERM)
        assert silent.recv(1) == b""
        assert service.process.wait(PATIENCE) == 0
