"""`/livez`, `/readyz` and the log, on a running server."""

import re
import select
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest
import requests
from django.conf import settings

from tests.e2e.databases import Database, empty_postgres, migrate
from tests.e2e.servers import Service, running_service
from tests.server.callers import TIMEOUT, read, request

pytestmark = pytest.mark.e2e

ANY_HOST = {"Host": "10.1.2.3:8000"}
THREADS = 8


def readiness(url: str) -> tuple[int, dict[str, str]]:
    """Request /readyz as an orchestrator does, by the address."""
    answer = requests.get(f"{url}/readyz", headers=ANY_HOST, timeout=30)
    return answer.status_code, answer.json()


def soon(url: str, status: int) -> dict[str, str]:
    """Request /readyz until it has this status, and return its body: an answer is given again for a second."""
    until = time.monotonic() + 30
    while (answer := readiness(url))[0] != status:
        assert time.monotonic() < until
        time.sleep(0.05)
    return answer[1]


def connected(service: Service) -> socket.socket:
    """Open a connection and request /readyz."""
    connection = socket.create_connection(service.address, TIMEOUT)
    connection.sendall(request("GET", "/readyz"))
    return connection


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    return Database("sqlite", f"sqlite:///{tmp_path_factory.mktemp('health')}/db.sqlite3")


@pytest.fixture(scope="module")
def service(database: Database) -> Iterator[Service]:
    """The service behind a proxy."""
    with running_service(None, database_url=database.url, TRUSTED_PROXIES="1") as service:
        yield service


def test_readiness_follows_the_migrations(service: Service, database: Database) -> None:
    """Not ready with an unapplied migration, ready after it without a restart; alive all the time, and one log line."""
    assert readiness(service.url) == (200, {"status": "ok"})
    *_, (name, applied) = database.rows("SELECT name, applied FROM django_migrations WHERE app = 'social' ORDER BY id")
    database.execute(f"DELETE FROM django_migrations WHERE app = 'social' AND name = '{name}'")  # noqa: S608
    body = {"status": "unavailable", "database": "has unapplied migrations"}
    assert soon(service.url, 503) == body
    (line,) = [line for line in service.log().splitlines() if "/readyz" in line and " 200 " not in line]
    assert re.search(r" ERROR tandem.access .* outcome=unavailable reason=database_has_unapplied_migrations", line)
    assert requests.get(f"{service.url}/livez", headers=ANY_HOST, timeout=30).status_code == 200
    database.execute(
        f"INSERT INTO django_migrations (app, name, applied) VALUES ('social', '{name}', '{applied}')"  # noqa: S608
    )
    assert soon(service.url, 200) == {"status": "ok"}


@pytest.mark.threat(68)
@pytest.mark.postgres
def test_a_check_that_waits_takes_one_thread() -> None:
    """While PostgreSQL does not answer it, further requests get the last answer, then a 503; `/livez` answers."""
    with empty_postgres() as database, ExitStack() as kept:
        migrate(database)
        service = kept.enter_context(running_service(None, database_url=database.url, THREADS=str(THREADS)))
        assert soon(service.url, 200) == {"status": "ok"}
        with psycopg.connect(database.url) as holder:
            holder.execute("LOCK TABLE django_migrations")
            waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            callers = []
            while not database.rows(waits):
                callers.append(kept.enter_context(connected(service)))
            callers += [kept.enter_context(connected(service)) for _ in range(2 * THREADS)]
            assert requests.get(f"{service.url}/livez", timeout=30).status_code == 200
            assert soon(service.url, 503) == {"status": "unavailable", "check": "has not ended"}
            answered = select.select(callers, [], [], 0)[0]
            assert len(answered) == len(callers) - 1
        (waiting,) = set(callers) - set(answered)
        assert {read(one)[0] for one in answered} <= {200, 503}
        assert read(waiting)[0] == 200
        assert soon(service.url, 200) == {"status": "ok"}


@pytest.mark.threat(28)
@pytest.mark.postgres
def test_not_ready_while_postgresql_is_down() -> None:
    """With its sessions ended and new ones refused: 503, and recovery without a restart."""
    with empty_postgres() as database:
        migrate(database)
        name = database.url.rpartition("/")[2]
        server = database.url.rpartition("/")[0] + "/postgres"
        with running_service(None, database_url=database.url) as service:
            assert readiness(service.url)[0] == 200
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
                connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
                soon(service.url, 503)
                assert requests.get(f"{service.url}/livez", timeout=30).status_code == 200
                connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'.encode())
            soon(service.url, 200)  # the pool waits longer before each attempt


@pytest.mark.threat(29)
def test_each_request_is_one_line_with_its_id_and_no_query(service: Service) -> None:
    """Method, path, status, time and the answer's id; a key in a URL is not in the log."""
    answers = [
        requests.get(f"{service.url}/{prefix}{path}?api_key=canary&username=canary", timeout=30)
        for prefix in settings.APIS.values()
        for path in ("provider/", "nowhere/", "user/")
    ]
    log = service.log()
    assert "canary" not in log
    for answer in answers:
        (line,) = [line for line in log.splitlines() if answer.headers["X-Request-ID"] in line]
        path = answer.request.path_url.partition("?")[0]
        assert re.search(rf" GET {path} {answer.status_code} \d+ ms outcome=", line)


def test_a_trusted_proxy_sets_the_request_id(service: Service) -> None:
    """Its `X-Request-ID` is in the answer and in the log, unless it could forge a log line."""
    path = "/" + next(iter(settings.APIS.values()))
    for given in ("from-the.proxy_01", "short", "with a blank", "x" * 65, "0123456789,0123456789"):
        answer = requests.get(service.url + path, headers={"X-Request-ID": given}, timeout=30)
        taken = answer.headers["X-Request-ID"]
        assert (taken == given) == (given == "from-the.proxy_01")
        assert f"[{taken}]" in service.log()
