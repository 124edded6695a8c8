"""The proxy records every statement once, by whichever connection and protocol it is sent."""

import os
import struct
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from benchmarks.proxy import NOT_ENCRYPTED, StartupReader, StatementProxy, StatementReader
from tests.e2e.databases import NEEDS_POSTGRES

SERVER = os.environ.get("TEST_POSTGRES_URL", "")


@pytest.fixture
def proxy():
    if not SERVER:
        pytest.skip(NEEDS_POSTGRES)
    with StatementProxy(SERVER) as proxy:
        yield proxy


@pytest.mark.postgres
def test_begin_and_commit_are_recorded(proxy):
    with psycopg.connect(proxy.url) as session:
        session.execute("SELECT 1")
        session.execute("SELECT %s", (2,))

    assert proxy.statements == ["BEGIN", "SELECT 1", "SELECT $1", "COMMIT"]
    assert proxy.connections == 1


@pytest.mark.postgres
@pytest.mark.parametrize("cursor", [psycopg.Cursor, psycopg.ClientCursor])
def test_a_statement_is_recorded_once_in_both_protocols(proxy, cursor):
    """Parse, Bind and Execute are one statement together, as one Query is."""
    with psycopg.connect(proxy.url, autocommit=True, cursor_factory=cursor) as session:
        session.execute("SELECT %s", (1,))

    assert len(proxy.statements) == 1


@pytest.mark.postgres
def test_a_prepared_statement_is_recorded_at_each_execution(proxy):
    with psycopg.connect(proxy.url, autocommit=True) as session:
        for number in range(3):
            session.execute("SELECT %s::int", (number,), prepare=True)

    assert proxy.statements == ["SELECT $1::int"] * 3


@pytest.mark.postgres
def test_the_statements_of_a_pipeline_are_recorded_one_by_one(proxy):
    with psycopg.connect(proxy.url, autocommit=True) as session, session.pipeline():
        for number in range(5):
            session.execute("SELECT %s::int", (number,))

    assert proxy.statements == ["SELECT $1::int"] * 5


@pytest.mark.postgres
def test_an_empty_statement_is_recorded_as_such(proxy):
    """A pool checks a connection by one."""
    with psycopg.connect(proxy.url, autocommit=True) as session:
        session.execute("")

    assert proxy.statements == [""]


@pytest.mark.postgres
def test_no_statement_of_concurrent_connections_is_lost(proxy):
    """Each of eight connections sends fifty."""

    def send(number: int) -> None:
        with psycopg.connect(proxy.url, autocommit=True) as session:
            for _ in range(50):
                session.execute("SELECT %s::int", (number,))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(8)))

    assert len(proxy.statements) == 400
    assert proxy.connections == 8


@pytest.mark.postgres
def test_a_reset_clears_the_record(proxy):
    """Connections stay open."""
    with psycopg.connect(proxy.url, autocommit=True) as session:
        session.execute("SELECT 1")
        proxy.reset()
        session.execute("SELECT 2")

        assert (proxy.statements, proxy.connections) == (["SELECT 2"], 0)


def test_messages_may_arrive_in_pieces():
    sent = b"".join(
        [
            _message(b"P", b"one\0SELECT $1\0\0\0"),
            _message(b"B", b"\0one\0\0\0\0\1\0\0\0\x011\0\0"),
            _message(b"E", b"\0\0\0\0\0"),
            _message(b"S", b""),
            _message(b"Q", b"COMMIT\0"),
        ]
    )
    reader = StatementReader()

    found = [text for place in range(len(sent)) for text in reader.feed(sent[place : place + 1])]

    assert found == ["SELECT $1", "COMMIT"]


def test_encryption_is_refused():
    """Encrypted statements could not be read; what follows in plain text is forwarded."""
    asks, starts = struct.pack("!II", 8, 80877103), struct.pack("!II", 9, 196608) + b"\0"
    reader = StartupReader()

    assert reader.feed(asks) == (NOT_ENCRYPTED, None)
    assert reader.feed(starts[:5]) == (b"", None)
    assert reader.feed(starts[5:]) == (b"", starts)


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body
