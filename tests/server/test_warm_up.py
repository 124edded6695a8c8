"""A process loads and makes what sign-ups share before it serves, in one thread."""

import json
import shutil
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import Mock

import pytest
from django.conf import settings
from django.test import override_settings

from api_v2 import documents
from benchmarks.processes import cpu_seconds
from benchmarks.provider import APP_ID, Provider, running_provider
from config import warm_up
from rollout.calls import answered
from rollout.ledger.process import ledger
from sandbox.providers import PROVIDERS
from shared.caching import CachedFunction, cache_once
from social import limits
from social.network import transport
from tests import SECRET_KEY
from tests.e2e.servers import Sandbox, Service, run_to_end, running_sandbox, running_service
from tests.server.callers import TIMEOUT, read, request

AT_ONCE = 32
TRIES = 4
PREFIXES = list(settings.APIS.values())
OF_DJANGO_AND_SQLITE = {r"(?<!%)%s", r"^[\w-]+$", r"^(.*)\s(?:ASC|DESC).*"}
"""Patterns that Django compiles with a thread's first statements; each costs less than a millisecond."""
BY_CODE_ONLY = {"twitter-oauth2", "slack", "spotify"}
"""The providers whose access tokens prove nothing by themselves."""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A running sandbox."""
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database without rows."""
    path = tmp_path_factory.mktemp("migrated") / "db.sqlite3"
    environment = {"SECRET_KEY": SECRET_KEY, "DATABASE_URL": f"sqlite:///{path}"}
    assert run_to_end("manage", environment, "migrate", "--verbosity=0").returncode == 0
    return path


@pytest.mark.process
@pytest.mark.threat(46)
@pytest.mark.parametrize("prefix", PREFIXES)
def test_the_first_sign_up_of_each_provider_loads_nothing(
    sandbox: Sandbox, migrated: Path, tmp_path: Path, prefix: str
) -> None:
    """It imports no module and compiles no pattern: simultaneous ones would do it in each of their threads."""
    providers = [provider.name for provider in PROVIDERS if provider.name not in BY_CODE_ONLY]
    sign_ups = [(f"/{prefix}social_sign_up/", sandbox.token(name, "zoe")) for name in providers]
    environment = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": SECRET_KEY,
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        **sandbox.environment,
        "SOCIAL_PROVIDERS": ",".join(providers),
    }
    shutil.copy(migrated, tmp_path / "db.sqlite3")
    ended = run_to_end("tests.server.first_sign_up", {**environment, "SIGN_UPS": json.dumps(sign_ups)})
    assert ended.returncode == 0, ended.stderr
    for name, found in zip(providers, json.loads(ended.stdout), strict=True):
        compiled = set(found["compiled"]) - OF_DJANGO_AND_SQLITE
        assert (name, found["status"], found["loaded"], compiled) == (name, "201 Created", [], set())


def sign_up_at_once(service: Service, numbers: range) -> float:
    """Sign new persons up at the same time, and return the CPU seconds of the worker."""
    (worker,) = service.workers
    connections = [socket.create_connection(service.address, TIMEOUT) for _ in numbers]
    before = cpu_seconds(worker)
    for connection, number in zip(connections, numbers, strict=True):
        body = json.dumps({"provider": "facebook", "access_token": f"token-{number}"}).encode()
        connection.sendall(request("POST", f"/{PREFIXES[-1]}social_sign_up/", body))
    with ThreadPoolExecutor(len(connections)) as readers:
        assert set(readers.map(read, connections)) == {(201, False)}
    for connection in connections:
        connection.close()
    return cpu_seconds(worker) - before


def environment_of(provider: Provider) -> dict[str, str]:
    """Return the environment of a service that calls the provider over TLS."""
    return {
        "SOCIAL_PROVIDERS": "facebook",
        "SOCIAL_AUTH_FACEBOOK_KEY": APP_ID,
        "SOCIAL_AUTH_FACEBOOK_SECRET": "tests-only",
        "SANDBOX": "1",
        "PROVIDER_HOSTS": json.dumps({"https://graph.facebook.com": provider.tls}),
        "SOCIAL_AUTH_VERIFY_SSL": provider.bundle,
    }


@pytest.mark.e2e
@pytest.mark.threat(46)
def test_the_first_sign_ups_cost_little_more_than_the_next() -> None:
    """32 at once, over TLS, with an e-mail address: within 3 times the CPU time of the next 32."""
    ratios = []
    with running_provider() as provider:
        for _ in range(TRIES):
            with running_service(None, **environment_of(provider)) as service:
                first, following = (sign_up_at_once(service, range(n, n + AT_ONCE)) for n in (1, 1 + AT_ONCE))
            ratios.append(first / following)
            if ratios[-1] <= 3:
                return
    raise AssertionError(f"the first {AT_ONCE} cost so many times the next {AT_ONCE}: {ratios}")


@override_settings(SOCIAL_PROVIDERS=["facebook"])
def test_warming_up_has_no_effect(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """It opens no connection, uses no database (this test has none), writes no log line, and counts no call."""
    connect, answers = Mock(), Mock()
    monkeypatch.setattr(socket.socket, "connect", connect)
    unwritten = ledger().counter.unwritten
    answered.connect(answers)
    try:
        warm_up.warm_up()
    finally:
        answered.disconnect(answers)
    assert (connect.called, answers.called, ledger().counter.unwritten, caplog.records) == (False, False, unwritten, [])


def test_a_failure_is_logged_and_does_not_prevent_the_start(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Such as a pipeline step of the operator that cannot be imported."""
    monkeypatch.setattr(warm_up, "warm_up_sign_ups", Mock(side_effect=ImportError("canary")))
    warm_up.warm_up()
    (line,) = caplog.records
    assert line.getMessage() == "The process serves without having warmed up: ImportError"


@pytest.mark.threat(46)
def test_simultaneous_first_calls_make_a_cached_value_once() -> None:
    """One of them makes it, and the others wait; further arguments have values of their own."""
    made, begun = Counter[int](), threading.Barrier(AT_ONCE)

    @cache_once
    def make(number: int) -> object:
        made[number] += 1
        time.sleep(0.1)
        return object()

    def call(_: int) -> object:
        begun.wait(TIMEOUT)
        return make(1)

    with ThreadPoolExecutor(AT_ONCE) as callers:
        assert len(set(callers.map(call, range(AT_ONCE)))) == 1
    make(2)
    assert made == {1: 1, 2: 1}


@pytest.mark.threat(46)
@pytest.mark.parametrize("make", [transport.adapter, transport._ssl_context, limits._shared, documents.openapi_yaml])
def test_what_is_slow_to_make_is_made_once(make: object) -> None:
    """`functools.cache` would let each of several simultaneous calls make it."""
    assert isinstance(make, CachedFunction)
