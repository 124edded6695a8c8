"""The running server with two workers: the same metrics from each of them, whether workers end or start."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import requests
from django.conf import settings

from shared.http.urls import mounted
from tests.e2e.client import Api
from tests.e2e.databases import Database, empty_postgres, migrate, new_database
from tests.e2e.servers import Service, running_sandbox, running_service
from tests.limits.test_redis import NEEDS_REDIS
from tests.rollout.metrics.scraping import AUTHORIZED, TOKEN, samples, total, value

pytestmark = [pytest.mark.e2e, pytest.mark.postgres, pytest.mark.redis]

CALLS = 30
BOUND = 90


@dataclass(frozen=True)
class Watched:
    """The service, its database, and the directory of its metrics."""

    service: Service
    database: Database
    temporary: Path

    @property
    def kept(self) -> list[str]:
        """Return the names of the files."""
        (folder,) = self.temporary.glob("tandem-metrics-*")
        return sorted(file.name for file in folder.iterdir())

    def scrape(self) -> str:
        """Read the metrics on a new connection, so that any worker may answer."""
        answer = requests.get(f"{self.service.url}/metrics", headers=AUTHORIZED, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Two workers on PostgreSQL, and thirty calls of each version: a person signs up on one and in on the others.

    Each call has a connection of its own, and each worker serves as many as the other.
    """
    redis = os.environ.get("TEST_REDIS_URL")
    if not redis:
        pytest.skip(NEEDS_REDIS)
    temporary = tmp_path_factory.mktemp("metrics")
    with empty_postgres() as database, running_sandbox() as sandbox:
        migrate(database)
        environment = {
            "METRICS_TOKEN": TOKEN,
            "WEB_CONCURRENCY": "2",
            "REDIS_URL": redis,
            "TMPDIR": str(temporary),
            "V1_DEPRECATED_AT": "2026-12-01T00:00:00Z",
        }
        with running_service(sandbox, database_url=database.url, **environment) as service:
            until(lambda: len(service.workers) == 2)
            for prefix in settings.APIS.values():
                assert Api(service.url, prefix).sign_up(sandbox.token("github", "ripley")).status_code == 201
                for worker in service.workers:
                    with service.alone(worker):
                        for _ in range(CALLS // 2):
                            assert Api(service.url, prefix).get("provider/").status_code == 200
            yield Watched(service, database, temporary)
    assert list(temporary.glob("tandem-metrics-*")) == []


def until(ready: Callable[[], bool]) -> None:
    """Wait until the condition is true."""
    deadline = time.monotonic() + BOUND
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def assert_all_counted(text: str) -> None:
    """Check that each call and each sign-in is counted once."""
    for app in settings.APIS:
        version = mounted(app).version
        assert value(text, "tandem_requests_total", version=version, resource="provider", outcome="ok") == CALLS
        assert value(text, "tandem_request_seconds_count", version=version, resource="provider") == CALLS
        assert total(text, "tandem_sign_ins_total", version=version, provider="github") == 1
    assert total(text, "tandem_sign_ins_total", outcome="created") == 1
    assert value(text, "tandem_provider_seconds_count", provider="github", result="ok") == len(settings.APIS)
    assert value(text, "tandem_provider_in_progress", provider="github") == 0


def test_each_worker_shows_all(watched: Watched) -> None:
    """Both workers have counted, and ten scrapes by either of them have the same sums."""
    assert len([name for name in watched.kept if name.startswith("histogram_")]) == 2
    for _ in range(10):
        assert_all_counted(watched.scrape())


def test_the_page_is_guarded(watched: Watched) -> None:
    """401 with a challenge only; any Host; HEAD has the length and no body."""
    url = f"{watched.service.url}/metrics"
    for headers in ({}, {"Authorization": f"Bearer {TOKEN}x"}):
        answer = requests.get(url, headers={"Host": "10.1.2.3:8000", **headers}, timeout=30)
        assert (answer.status_code, answer.content) == (401, b"")
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="metrics"'
    head = requests.head(url, headers={"Host": "10.1.2.3:8000", **AUTHORIZED}, timeout=30)
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["Content-Length"]) > 1000
    assert requests.post(url, headers=AUTHORIZED, timeout=30).status_code == 405


def test_counts_of_a_killed_worker_are_kept(watched: Watched) -> None:
    """It is folded into the file of ended workers; the new worker shows the same sums."""
    gone = watched.service.workers[0]
    os.kill(gone, signal.SIGKILL)
    until(lambda: gone not in watched.service.workers and len(watched.service.workers) == 2)
    until(lambda: not any(f"_{gone}." in name for name in watched.kept))
    assert_all_counted(watched.scrape())
    assert {"counter_ended.db", "histogram_ended.db"} < set(watched.kept)


def test_without_postgresql(watched: Watched) -> None:
    """The metrics of all workers are shown, those from the database are not."""
    assert samples(watched.scrape())["tandem_active_users"]
    name = watched.database.url.rpartition("/")[2]
    server = watched.database.url.rpartition("/")[0] + "/postgres"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        renew(watched.service)  # those that there were have asked less than a minute ago
        text = watched.scrape()
    assert_all_counted(text)
    assert "tandem_active_users" not in text
    assert "tandem_v1_deprecated_at_seconds" in text
    assert "Traceback" not in watched.service.log()


def renew(service: Service) -> None:
    """Replace the workers."""
    old = set(service.workers)
    for worker in old:
        os.kill(worker, signal.SIGTERM)
    until(lambda: len(service.workers) == 2 and not old & set(service.workers))
    until(lambda: requests.get(f"{service.url}/livez", timeout=30).status_code == 200)


THREADS = 8


@contextmanager
def locked(database: Database, *tables: str) -> Iterator[None]:
    """Lock tables as a migration does that waits for something."""
    with psycopg.connect(database.url) as holder:
        holder.execute(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE".encode())
        yield
        holder.rollback()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Database]]:
    """A service with few threads on PostgreSQL."""
    environment = {"METRICS_TOKEN": TOKEN, "THREADS": str(THREADS), "DATABASE_POOL_SIZE": "2"}
    with (
        new_database("postgres", tmp_path_factory.mktemp("small")) as database,
        running_service(None, database_url=database.url, **environment) as service,
    ):
        yield service, database


def get(service: Service, path: str) -> int:
    headers = AUTHORIZED if path == "metrics" else None
    return requests.get(f"{service.url}/{path}", headers=headers, timeout=BOUND).status_code


@pytest.mark.threat(68)
def test_scrapes_of_a_locked_table_hold_no_threads(small: tuple[Service, Database]) -> None:
    """One of them waits, and not for long; the others have the last values, and `/livez` and the APIs answer."""
    service, database = small
    with (
        ThreadPoolExecutor(2 * THREADS) as callers,
        locked(database, "rollout_dailycalls", "rollout_lastcall"),
    ):
        scrapes = [callers.submit(get, service, "metrics") for _ in range(THREADS + 1)]
        waits = iter(as_completed(scrapes))
        assert [next(waits).result() for _ in range(THREADS)] == [200] * THREADS
        others = ["livez", *(f"{prefix}provider/" for prefix in settings.APIS.values())]
        assert [get(service, path) for path in others] == [200] * len(others)
        assert next(waits).result() == 200
    assert "The metrics from the database are left out" in service.log()


@pytest.mark.threat(68)
def test_calls_during_a_lock_of_the_plan_hold_no_threads(small: tuple[Service, Database]) -> None:
    """Each call of each API is answered while the plan cannot be read."""
    service, database = small
    paths = [f"{prefix}provider/" for prefix in settings.APIS.values()] * THREADS
    with ThreadPoolExecutor(len(paths)) as callers, locked(database, "rollout_plan"):
        assert list(callers.map(lambda path: get(service, path), paths)) == [200] * len(paths)
        assert get(service, "livez") == 200
