"""Checking a pooled connection costs no statement and misses no closed one (docs/threats.md, row 28)."""

import os
import select
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
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
from tests.e2e.temporary_servers import temporary_postgres
from tests.legacy_rows.conftest import used

SERVER = os.environ.get("TEST_POSTGRES_URL", "")
POOL = 3
CHANNEL = f"pool_of_tests_{os.getpid()}"
SOON = 10.0
pytestmark = [pytest.mark.postgres, pytest.mark.skipif(not SERVER, reason=NEEDS_POSTGRES)]


@pytest.fixture
def proxy() -> Iterator[StatementProxy]:
    """A proxy to the server that records all statements."""
    with StatementProxy(SERVER) as proxy:
        yield proxy


@pytest.fixture
def settings_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Return a function that reads the database settings from the environment."""

    def read(url: str, size: int) -> dict[str, Any]:
        monkeypatch.setenv("DATABASE_URL", url)
        monkeypatch.setenv("DATABASE_POOL_SIZE", str(size))
        return database(tmp_path)

    return read


@pytest.fixture
def pooled(settings_of: Any, django_db_blocker: Any) -> Iterator[Any]:
    """Let Django use the server as in production; return the settings for other threads."""
    yield from _using(settings_of(SERVER, POOL), django_db_blocker)


@pytest.fixture
def single(settings_of: Any, django_db_blocker: Any) -> Iterator[Any]:
    """The same with a pool of one connection."""
    yield from _using(settings_of(SERVER, 1), django_db_blocker)


@pytest.fixture
def counted(settings_of: Any, proxy: StatementProxy, django_db_blocker: Any) -> Iterator[Any]:
    """The same through the proxy."""
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
    """Return the pool of this process."""
    wrapper: Any = connections["default"]
    return wrapper.pool


def ask(statement: str = "SELECT pg_backend_pid()") -> Any:
    """Take a connection, run the statement, give the connection back; return the first value."""
    connection = connections["default"]
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone()[0] if cursor.description else None
    finally:
        connection.close()


@pytest.fixture
def outside() -> Iterator[psycopg.Connection]:
    """A session outside the pool."""
    with psycopg.connect(SERVER, autocommit=True) as session:
        yield session


def end(outside: psycopg.Connection, *pids: int) -> None:
    """End sessions on the server, and wait until they are gone."""
    outside.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) AS pid", [list(pids)])
    until = time.monotonic() + SOON
    while outside.execute("SELECT FROM pg_stat_activity WHERE pid = ANY(%s)", [list(pids)]).rowcount:
        assert time.monotonic() < until
        time.sleep(0.01)


def all_in_the_pool(where: dict[str, Any]) -> set[int]:
    """Use all connections of the pool at once; return the server's process ids."""
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
    """Only the request's own statements are sent, on the first connection."""
    ask()
    proxy.reset()
    for _ in range(20):
        ask("SELECT 1")
    assert (proxy.statements, proxy.connections) == (["SELECT 1"] * 20, 0)


def test_a_transaction_costs_begin_and_commit(counted: Any, proxy: StatementProxy) -> None:
    """Giving the connection back costs no statement either."""
    ask()
    proxy.reset()
    for _ in range(3):
        with transaction.atomic(), connections["default"].cursor() as cursor:
            cursor.execute("SELECT 1")
        connections["default"].close()
    assert proxy.statements == ["BEGIN", "SELECT 1", "COMMIT"] * 3


@pytest.mark.threat(28)
def test_a_closed_connection_is_replaced(single: Any, outside: psycopg.Connection) -> None:
    """If the server closes an idle connection, the next request gets another one and no error."""
    for _ in range(10):
        before = ask()
        end(outside, before)
        assert ask() != before


@pytest.mark.threat(28)
def test_all_connections_closed_at_once(pooled: Any, outside: psycopg.Connection) -> None:
    """As many concurrent requests as before get new ones; the pool keeps its size, however often it happens."""
    for _ in range(3):
        before = all_in_the_pool(pooled)
        assert len(before) == POOL
        end(outside, *before)
        after = all_in_the_pool(pooled)
        assert (len(after), before & after) == (POOL, set())
    assert pool().get_stats()["pool_size"] <= POOL


@pytest.mark.threat(28)
def test_a_connection_closed_in_use_is_one_error(pooled: Any, outside: psycopg.Connection) -> None:
    """The request that uses it fails; the next one does not."""
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
    """An event; while it is set, the server closes each connection that the pool hands out."""
    set_still, until, look = threading.Event(), time.monotonic() + 3 * SOON, base._is_alive

    def outlived(connection: psycopg.Connection) -> bool:
        if set_still.is_set():
            assert time.monotonic() < until, "a request waits without end"
            end(outside, connection.info.backend_pid)
        return look(connection)

    monkeypatch.setattr(base, "_is_alive", outlived)
    set_still.set()
    return set_still


@pytest.mark.threat(28)
def test_connections_that_close_at_once(
    api: ApiClient, pooled: Any, short_lived: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests fail after a limited time; when connections stay open again, the pool has its full size."""
    errors = set()
    with monkeypatch.context() as impatient:
        impatient.setattr(base, "PATIENCE", 0.1)
        impatient.setattr(base, "MAX_WAIT", 0.1)
        for _ in range(POOL + 1):
            with pytest.raises(OperationalError) as refused:
                ask()
            errors.add(str(refused.value))
            assert_error(api.get("user/", token="any"), "service_unavailable")
    # On a busy machine some errors say that there was no connection in time.
    assert "each connection has ended as soon as it was made" in errors
    short_lived.clear()
    assert ask("SELECT 1") == 1
    assert len(all_in_the_pool(pooled)) == POOL
    assert pool().get_stats()["pool_size"] <= POOL


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    """The number of times that each waiting thread has checked whether the database is away; it does so often."""
    counted, give_up = Counter[int](), base._Queue.should_give_up

    def count(queue: base._Queue, began: float) -> bool:
        counted[threading.get_ident()] += 1
        return give_up(queue, began)

    monkeypatch.setattr(base, "PATIENCE", 0.01)
    monkeypatch.setattr(base, "POOL_TIMEOUT", 0.01)
    monkeypatch.setattr(base._Queue, "should_give_up", count)
    return counted


def eventually(is_true: Callable[[], bool]) -> None:
    until = time.monotonic() + SOON
    while not is_true():
        assert time.monotonic() < until
        time.sleep(0.005)


def test_requests_get_connections_in_the_order_in_which_they_came(single: Any, checks: Counter[int]) -> None:
    """Also those that have checked meanwhile whether the database is away."""
    served, waiting = list[int](), list[threading.Thread]()

    def wait(number: int) -> None:
        with used(**single):
            try:
                connections["default"].ensure_connection()
                served.append(number)
            finally:
                connections["default"].close()

    connections["default"].ensure_connection()
    for number in range(5):
        waiting.append(threading.Thread(target=wait, args=(number,)))
        waiting[-1].start()
        eventually(lambda: len(checks) == len(waiting))
    checks.clear()
    eventually(lambda: len(checks) == len(waiting) and min(checks.values()) > 2)
    connections["default"].close()
    for thread in waiting:
        thread.join(SOON)
    assert served == [0, 1, 2, 3, 4]


@pytest.mark.threat(28)
def test_a_request_waits_until_no_other_gets_a_connection(pooled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """If none comes back it fails, and the connections that it did not get are there for others."""
    monkeypatch.setattr(base, "PATIENCE", 0.01)
    monkeypatch.setattr(base, "MAX_WAIT", 0.05)
    held, done = threading.Barrier(POOL + 1), threading.Event()

    def hold(number: int) -> None:
        with used(**pooled):
            try:
                connections["default"].ensure_connection()
                held.wait(SOON)
                done.wait(SOON)
            finally:
                connections["default"].close()

    with ThreadPoolExecutor(POOL) as holders:
        holding = holders.map(hold, range(POOL))
        held.wait(SOON)
        for _ in range(3):
            with pytest.raises(OperationalError, match="no request gets a connection"):
                ask()
        done.set()
        list(holding)
    assert len(all_in_the_pool(pooled)) == POOL


class Statistics:
    """A pool of which only the failed attempts to connect matter."""

    max_size, failures = 1, 0

    def get_stats(self) -> dict[str, int]:
        return {"connections_errors": self.failures}


@pytest.mark.threat(28)
def test_when_the_database_counts_as_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy pool is no reason to give up, nor is one that cannot grow."""
    now = 100.0
    monkeypatch.setattr(base, "time", SimpleNamespace(monotonic=lambda: now))
    pool: Any = Statistics()
    queue, began = base._Queue(pool), now
    for _ in range(20):
        now += 0.9 * base.MAX_WAIT
        assert not queue.should_give_up(began)
        queue.record_progress()
    pool.failures = 1
    now += 0.9 * base.PATIENCE
    assert not queue.should_give_up(began)
    now += base.PATIENCE
    assert not queue.should_give_up(now)
    assert queue.should_give_up(began)
    queue.record_progress()
    now += 2 * base.PATIENCE
    assert not queue.should_give_up(began)
    now += base.MAX_WAIT
    assert queue.should_give_up(began)
    assert queue.should_give_up(now - base.PATIENCE)
    queue.record_progress()
    now += base.PATIENCE
    assert not queue.should_give_up(began)


def notify(outside: psycopg.Connection, pid: int) -> None:
    """Let the server send a notification to an idle session."""
    pooled = next(one for one in pool()._pool if one.info.backend_pid == pid)
    outside.execute("SELECT pg_notify(%s, 'news')", [CHANNEL])
    ready, _, _ = select.select([pooled.fileno()], [], [], SOON)
    assert ready


def test_a_connection_with_a_notification_is_kept(
    counted: Any, proxy: StatementProxy, outside: psycopg.Connection
) -> None:
    """It is checked by one query, which also reads the notification; later checks need no query."""
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
def test_a_connection_closed_after_a_notification_is_replaced(single: Any, outside: psycopg.Connection) -> None:
    """The close is behind other messages."""
    before = ask()
    ask(f"LISTEN {CHANNEL}")
    notify(outside, before)
    end(outside, before)
    assert ask() != before


def test_an_open_transaction_is_rolled_back(single: Any) -> None:
    """Before another request gets the connection."""
    connection = connections["default"]
    pid = ask()
    connection.ensure_connection()
    connection.connection.autocommit = False
    connection.connection.execute("CREATE TEMPORARY TABLE left_open (id int)")
    connection.close()
    assert ask() == pid
    assert ask("SELECT to_regclass('left_open')") is None


@pytest.mark.threat(28)
def test_tls_connections(
    settings_of: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any
) -> None:
    """`DATABASE_URL` says how the server is verified, as docs/operators.md shows.

    TLS's own messages after the handshake cause no query, and a closed connection is recognised.
    """
    checked: list[Any] = []
    check = ConnectionPool.check_connection

    def note(one: Any) -> None:
        checked.append(one)
        check(one)

    monkeypatch.setattr(ConnectionPool, "check_connection", note)
    with temporary_postgres() as server:
        server.stop()
        authority, other = Authority(), Authority()
        certificate = authority.signed(server.folder / "server.pem")
        if "user" in server.options:
            os.chown(certificate, server.options["user"], server.options["group"])
        server.command = [*server.command, "-c", "ssl=on"]
        for name in ("ssl_cert_file", "ssl_key_file"):
            server.command = [*server.command, "-c", f"{name}={certificate}"]
        server.start()
        verified = server.database.url + "?sslmode=verify-full&sslrootcert="
        # The certificate is another authority's; the connection is refused, and the pool's patience ends.
        for _ in _using(settings_of(verified + other.bundle(tmp_path / "other.pem"), 1), django_db_blocker):
            with pytest.raises(OperationalError):
                ask()
        where = settings_of(verified + authority.bundle(tmp_path / "authority.pem"), 1)
        for _ in _using(where, django_db_blocker):
            assert ask("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()") is True
            pids = {ask() for _ in range(20)}
            assert (len(pids), checked) == (1, [])
            with psycopg.connect(server.database.url, autocommit=True) as outside:
                end(outside, *pids)
            assert ask() not in pids
            assert len(checked) == 1
