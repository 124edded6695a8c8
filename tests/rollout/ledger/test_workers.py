"""Two workers on PostgreSQL and Redis: their counts are in the database, however they end."""

import os
import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from itertools import product

import pytest
import requests
from django.conf import settings

from shared.http.urls import mounted
from tests.e2e.databases import Database
from tests.e2e.servers import Service, killable_service
from tests.e2e.temporary_servers import TemporaryPostgres, TemporaryRedis, temporary_postgres, temporary_redis

pytestmark = [pytest.mark.e2e, pytest.mark.postgres, pytest.mark.redis]

Running = Callable[..., AbstractContextManager[Service]]
SOON = 60
NEVER = "300"
"""Seconds between two flushes: what is written in a test is written at the end."""
WITHOUT_DATABASE = {"provider/": ("provider", "ok"), "nowhere/": ("unknown", "not_found")}
OUTCOMES = {**WITHOUT_DATABASE, "user/": ("user", "not_authenticated")}
CLIENTS = ("ShopApp/2.1", "Other/1")
LOST = re.compile(r"Worker [0-9]+ ended without its last flush: the ledger may lack up to ([0-9]+) of its calls\.")


@pytest.fixture(scope="module")
def postgres() -> Iterator[TemporaryPostgres]:
    with temporary_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def redis() -> Iterator[TemporaryRedis]:
    with temporary_redis() as server:
        yield server


@pytest.fixture
def running(postgres: TemporaryPostgres, redis: TemporaryRedis) -> Running:
    postgres.database.execute("DELETE FROM rollout_dailycalls")

    def running(seconds: str, **environment: str) -> AbstractContextManager[Service]:
        common = {"WEB_CONCURRENCY": "2", "REDIS_URL": redis.url, "THREADS": "8", "LEDGER_FLUSH_SECONDS": seconds}
        return killable_service(None, database_url=postgres.database.url, **common, **environment)

    return running


def call(service: Service, times: int, paths: dict[str, tuple[str, str]] = OUTCOMES) -> Counter[tuple[str, ...]]:
    """Make each call this number of times, concurrently, each on a new connection; return the expected counts."""
    calls = list(product(settings.APIS, CLIENTS, paths)) * times

    def one(made: tuple[str, str, str]) -> tuple[str, ...]:
        app, client, path = made
        requests.get(f"{service.url}/{settings.APIS[app]}{path}", headers={"X-Client": client}, timeout=SOON)
        return (mounted(app).version, client, *paths[path])

    with ThreadPoolExecutor(6) as callers:
        return Counter(callers.map(one, calls))


def counted(database: Database) -> Counter[tuple[str, ...]]:
    rows = database.rows("SELECT version, client, resource, outcome, calls FROM rollout_dailycalls")
    found: Counter[tuple[str, ...]] = Counter()
    for *kind, calls in rows:
        found[tuple(kind)] += calls  # of two days, around midnight
    return found


def end(service: Service) -> None:
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(SOON) == 0


def soon(true: Callable[[], bool]) -> None:
    until = time.monotonic() + SOON
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


def killed(service: Service) -> None:
    """Kill a worker, and wait until the master has noticed and started another."""
    # The newest: an older one may be about to end.
    victim = service.workers[-1]
    os.kill(victim, signal.SIGKILL)
    soon(lambda: f"Worker (pid:{victim}) was sent SIGKILL" in service.log() and len(service.workers) == 2)


def test_only_logged_calls_are_lost(running: Running, postgres: TemporaryPostgres) -> None:
    """After SIGTERM and after MAX_REQUESTS the counts are exact; the loss of a killed worker is logged."""
    with running(NEVER, MAX_REQUESTS="40") as service:
        first, made = set(service.workers), call(service, 1)
        while first <= set(service.workers):
            made += call(service, 1)
        while not LOST.search(service.log()):
            made += call(service, 1)
            killed(service)
        made += call(service, 1)
        end(service)
        lost = sum(map(int, LOST.findall(service.log())))
        assert 0 < lost < made.total()
        written = counted(postgres.database)
        assert written.total() == made.total() - lost
        assert not written - made


def test_nothing_is_lost_while_the_database_is_away(running: Running, postgres: TemporaryPostgres) -> None:
    """Calls are answered and counted meanwhile, and written when the database is back, even if workers ended."""
    with running("0.2") as service:
        made = call(service, 1)
        postgres.stop(signal.SIGINT)
        made += call(service, 2, WITHOUT_DATABASE)
        soon(lambda: "the ledger cannot be written" in service.log())
        made += call(service, 1, WITHOUT_DATABASE)
        postgres.start()
        soon(lambda: counted(postgres.database) == made)
        soon(lambda: "the ledger is written again" in service.log())
        killed(service)
        end(service)
        assert counted(postgres.database) == made
        assert not LOST.search(service.log())
        assert "Traceback" not in service.log()
