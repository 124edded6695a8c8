"""What trusting a silent pooled connection saves, and what it must never cost (docs/threats.md, row 28)."""

import os
import select
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connections, transaction
from psycopg_pool import ConnectionPool

from benchmarks.certificates import Authority
from benchmarks.proxy import StatementProxy
from config.database import database
from config.postgres import base
from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient
from tests.e2e.databases import NEEDS_POSTGRES
from tests.e2e.private import private_postgres
from tests.legacy_rows.conftest import used

SERVER = os.environ.get("TEST_POSTGRES_URL", "")
POOL = 3
CHANNEL = f"pool_of_tests_{os.getpid()}"
SOON = 10.0
pytestmark = [pytest.mark.postgres, pytest.mark.skipif(not SERVER, reason=NEEDS_POSTGRES)]


@pytest.fixture
def proxy() -> Iterator[StatementProxy]:
    """The way to the server, on which everything that is sent is written down."""
    with StatementProxy(SERVER) as proxy:
        yield proxy


@pytest.fixture
def settings_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Read the settings of a database as a process does."""

    def read(url: str, size: int) -> dict[str, Any]:
        monkeypatch.setenv("DATABASE_URL", url)
        monkeypatch.setenv("DATABASE_POOL_SIZE", str(size))
        return database(tmp_path)

    return read


@pytest.fixture
def pooled(settings_of: Any, django_db_blocker: Any) -> Iterator[Any]:
    """Let Django use the server as in production; gives the settings for threads."""
    yield from _using(settings_of(SERVER, POOL), django_db_blocker)


@pytest.fixture
def single(settings_of: Any, django_db_blocker: Any) -> Iterator[Any]:
    """The same with one connection, which each request gets."""
    yield from _using(settings_of(SERVER, 1), django_db_blocker)


@pytest.fixture
def counted(settings_of: Any, proxy: StatementProxy, django_db_blocker: Any) -> Iterator[Any]:
    """The same along the proxy."""
    yield from _using(settings_of(proxy.url, 1), django_db_blocker)


def _using(where: dict[str, Any], django_db_blocker: Any) -> Iterator[dict[str, Any]]:
    with django_db_blocker.unblock(), used(**where):
        try:
            yield where
        finally:
            wrapper: Any = connections["default"]
            wrapper.close()
            wrapper.close_pool()


def pool() -> Any:
    """Give the pool of this process."""
    wrapper: Any = connections["default"]
    return wrapper.pool


def ask(statement: str = "SELECT pg_backend_pid()") -> Any:
    """Do as a request does: take a connection, ask, give it back; gives the first value."""
    connection = connections["default"]
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone()[0] if cursor.description else None
    finally:
        connection.close()


@pytest.fixture
def outside() -> Iterator[psycopg.Connection]:
    """Somebody else's session."""
    with psycopg.connect(SERVER, autocommit=True) as session:
        yield session


def end(outside: psycopg.Connection, *pids: int) -> None:
    """End sessions from the server's side, and wait until they are gone."""
    outside.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) AS pid", [list(pids)])
    until = time.monotonic() + SOON
    while outside.execute("SELECT FROM pg_stat_activity WHERE pid = ANY(%s)", [list(pids)]).rowcount:
        assert time.monotonic() < until
        time.sleep(0.01)


def all_in_the_pool(where: dict[str, Any]) -> set[int]:
    """Use as many connections at once as there may be; give the server's processes."""
    barrier = threading.Barrier(POOL)

    def hold(number: int) -> int:
        with used(**where):
            try:
                with connections["default"].cursor() as cursor:
                    cursor.execute("SELECT pg_backend_pid()")
                    barrier.wait(SOON)
                    return int(cursor.fetchone()[0])
            finally:
                connections["default"].close()

    with ThreadPoolExecutor(POOL) as callers:
        return set(callers.map(hold, range(POOL)))


def test_a_connection_from_the_pool_costs_no_statement(counted: Any, proxy: StatementProxy) -> None:
    """What is sent is what was asked for, on the connection that was opened first."""
    ask()
    proxy.reset()
    for _ in range(20):
        ask("SELECT 1")
    assert (proxy.statements, proxy.connections) == (["SELECT 1"] * 20, 0)


def test_a_transaction_costs_its_ends_alone(counted: Any, proxy: StatementProxy) -> None:
    """Nothing is asked or set when it is given back, either."""
    ask()
    proxy.reset()
    for _ in range(3):
        with transaction.atomic(), connections["default"].cursor() as cursor:
            cursor.execute("SELECT 1")
        connections["default"].close()
    assert proxy.statements == ["BEGIN", "SELECT 1", "COMMIT"] * 3


@pytest.mark.threat(28)
def test_a_connection_that_the_server_has_ended_is_never_handed_out(single: Any, outside: psycopg.Connection) -> None:
    """Ended while nobody used it: the next request has another, and no error."""
    for _ in range(10):
        before = ask()
        end(outside, before)
        assert ask() != before


@pytest.mark.threat(28)
def test_all_of_them_ended_at_once(pooled: Any, outside: psycopg.Connection) -> None:
    """As many requests at once as before find new ones; no place in the pool is lost, however often it happens."""
    for _ in range(3):
        before = all_in_the_pool(pooled)
        assert len(before) == POOL
        end(outside, *before)
        after = all_in_the_pool(pooled)
        assert (len(after), before & after) == (POOL, set())
    assert pool().get_stats()["pool_size"] <= POOL


@pytest.mark.threat(28)
def test_one_that_is_ended_in_use_is_an_error_once(pooled: Any, outside: psycopg.Connection) -> None:
    """The request that had it fails; the next one does not."""
    connection = connections["default"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        end(outside, cursor.fetchone()[0])
        with pytest.raises(OperationalError):
            cursor.execute("SELECT 1")
    connections["default"].close()
    assert ask("SELECT 1") == 1


@pytest.fixture
def short_lived(outside: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """While it is set the server ends each connection that the pool hands out; not for ever, so that nothing hangs."""
    set_still, until, look = threading.Event(), time.monotonic() + 3 * SOON, base._is_alive

    def outlived(connection: psycopg.Connection) -> bool:
        if set_still.is_set():
            assert time.monotonic() < until, "a request waits for ever"
            end(outside, connection.info.backend_pid)
        return look(connection)

    monkeypatch.setattr(base, "_is_alive", outlived)
    set_still.set()
    return set_still


@pytest.mark.threat(28)
def test_connections_that_end_as_soon_as_they_are_made(
    api: ApiClient, pooled: Any, short_lived: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clear error after a while, not a search without end; once they live, all places of the pool are there."""
    said = set()
    with monkeypatch.context() as impatient:
        impatient.setattr(base, "MAX_WAIT", 0.1)
        for _ in range(POOL + 1):
            with pytest.raises(OperationalError) as refused:
                ask()
            said.add(str(refused.value))
            assert_error(api.get("user/", token="any"), "service_unavailable")
    # On a busy machine now and then that there was none in time.
    assert "each connection has ended as soon as it was made" in said
    short_lived.clear()
    assert ask("SELECT 1") == 1
    assert len(all_in_the_pool(pooled)) == POOL
    assert pool().get_stats()["pool_size"] <= POOL


def notify(outside: psycopg.Connection, pid: int) -> None:
    """Have the server say something, unasked, to an idle session."""
    pooled = next(one for one in pool()._pool if one.info.backend_pid == pid)
    outside.execute("SELECT pg_notify(%s, 'news')", [CHANNEL])
    ready, _, _ = select.select([pooled.fileno()], [], [], SOON)
    assert ready


def test_one_that_the_server_has_told_something_stays(
    counted: Any, proxy: StatementProxy, outside: psycopg.Connection
) -> None:
    """It is asked once whether it lives, and then used; what it was told is read, so it is silent again."""
    pid = ask()
    ask(f"LISTEN {CHANNEL}")
    for _ in range(3):
        notify(outside, pid)
        proxy.reset()
        assert ask() == pid
        assert proxy.statements == ["", "SELECT pg_backend_pid()"]
        proxy.reset()
        assert ask() == pid
        assert proxy.statements == ["SELECT pg_backend_pid()"]
    assert proxy.connections == 0


@pytest.mark.threat(28)
def test_one_that_was_told_something_and_then_ended_goes(single: Any, outside: psycopg.Connection) -> None:
    """The last words are behind others."""
    before = ask()
    ask(f"LISTEN {CHANNEL}")
    notify(outside, before)
    end(outside, before)
    assert ask() != before


def test_one_that_comes_back_within_a_transaction_is_clean(single: Any) -> None:
    """What a request has left open is rolled back before another gets it."""
    connection = connections["default"]
    pid = ask()
    connection.ensure_connection()
    connection.connection.autocommit = False
    connection.connection.execute("CREATE TEMPORARY TABLE left_open (id int)")
    connection.close()
    assert ask() == pid
    assert ask("SELECT to_regclass('left_open')") is None


@pytest.mark.threat(28)
def test_silence_is_the_same_over_tls(
    settings_of: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any
) -> None:
    """What TLS itself says after a handshake is read with the rest: nobody is asked, and an ended one goes."""
    asked: list[Any] = []
    check = ConnectionPool.check_connection

    def note(one: Any) -> None:
        asked.append(one)
        check(one)

    monkeypatch.setattr(ConnectionPool, "check_connection", note)
    with private_postgres() as server:
        server.stop()
        certificate = Authority().signed(server.folder / "server.pem")
        if "user" in server.options:
            os.chown(certificate, server.options["user"], server.options["group"])
        server.command = [*server.command, "-c", "ssl=on"]
        for name in ("ssl_cert_file", "ssl_key_file"):
            server.command = [*server.command, "-c", f"{name}={certificate}"]
        server.start()
        where = settings_of(server.database.url + "?sslmode=require", 1)
        for _ in _using(where, django_db_blocker):
            assert ask("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()") is True
            pids = {ask() for _ in range(20)}
            assert (len(pids), asked) == (1, [])
            with psycopg.connect(server.database.url, autocommit=True) as outside:
                end(outside, *pids)
            assert ask() not in pids
            assert len(asked) == 1
