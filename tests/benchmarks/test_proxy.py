"""The way to PostgreSQL that counts: every statement once, whoever sends it and however."""

import os
import struct
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from benchmarks.proxy import REFUSED, Greeting, StatementProxy, Statements
from tests.e2e.databases import NEEDS_POSTGRES

SERVER = os.environ.get("TEST_POSTGRES_URL", "")
needs_postgres = pytest.mark.skipif(not SERVER, reason=NEEDS_POSTGRES)


@pytest.fixture
def proxy():
    with StatementProxy(SERVER) as proxy:
        yield proxy


@needs_postgres
@pytest.mark.postgres
def test_a_transaction_is_counted_with_its_ends(proxy):
    """BEGIN and COMMIT are statements like those between them."""
    with psycopg.connect(proxy.url) as session:
        session.execute("SELECT 1")
        session.execute("SELECT %s", (2,))

    assert proxy.statements == ["BEGIN", "SELECT 1", "SELECT $1", "COMMIT"]
    assert proxy.connections == 1


@needs_postgres
@pytest.mark.postgres
@pytest.mark.parametrize("cursor", [psycopg.Cursor, psycopg.ClientCursor])
def test_a_statement_is_one_however_it_is_sent(proxy, cursor):
    """Parse, Bind and Execute are one statement together, as one Query is."""
    with psycopg.connect(proxy.url, autocommit=True, cursor_factory=cursor) as session:
        session.execute("SELECT %s", (1,))

    assert len(proxy.statements) == 1


@needs_postgres
@pytest.mark.postgres
def test_a_prepared_statement_counts_whenever_it_is_executed(proxy):
    """It is parsed once and executed three times: three statements."""
    with psycopg.connect(proxy.url, autocommit=True) as session:
        for number in range(3):
            session.execute("SELECT %s::int", (number,), prepare=True)

    assert proxy.statements == ["SELECT $1::int"] * 3


@needs_postgres
@pytest.mark.postgres
def test_statements_sent_together_are_counted_one_by_one(proxy):
    """What a pipeline sends in one go is as many statements as are in it."""
    with psycopg.connect(proxy.url, autocommit=True) as session, session.pipeline():
        for number in range(5):
            session.execute("SELECT %s::int", (number,))

    assert proxy.statements == ["SELECT $1::int"] * 5


@needs_postgres
@pytest.mark.postgres
def test_an_empty_statement_can_be_told_from_others(proxy):
    """A pool's question whether a connection is alive is written down as what it is."""
    with psycopg.connect(proxy.url, autocommit=True) as session:
        session.execute("")

    assert proxy.statements == [""]


@needs_postgres
@pytest.mark.postgres
def test_nothing_is_lost_of_what_many_send_at_once(proxy):
    """Each of eight connections sends fifty statements: four hundred."""

    def send(number: int) -> None:
        with psycopg.connect(proxy.url, autocommit=True) as session:
            for _ in range(50):
                session.execute("SELECT %s::int", (number,))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(8)))

    assert len(proxy.statements) == 400
    assert proxy.connections == 8


@needs_postgres
@pytest.mark.postgres
def test_what_was_before_a_reset_is_forgotten(proxy):
    """A reset begins anew, on connections that stay open."""
    with psycopg.connect(proxy.url, autocommit=True) as session:
        session.execute("SELECT 1")
        proxy.reset()
        session.execute("SELECT 2")

        assert (proxy.statements, proxy.connections) == (["SELECT 2"], 0)


def test_messages_are_read_whatever_pieces_they_come_in():
    """A network may cut a message anywhere."""
    sent = b"".join(
        [
            _message(b"P", b"one\0SELECT $1\0\0\0"),
            _message(b"B", b"\0one\0\0\0\0\1\0\0\0\x011\0\0"),
            _message(b"E", b"\0\0\0\0\0"),
            _message(b"S", b""),
            _message(b"Q", b"COMMIT\0"),
        ]
    )
    reader = Statements()

    found = [text for place in range(len(sent)) for text in reader.feed(sent[place : place + 1])]

    assert found == ["SELECT $1", "COMMIT"]


def test_a_client_that_asks_for_encryption_is_told_that_there_is_none():
    """Encrypted, nothing could be counted; what follows in clear goes on to the server."""
    asks, starts = struct.pack("!II", 8, 80877103), struct.pack("!II", 9, 196608) + b"\0"
    greeting = Greeting()

    assert greeting.feed(asks) == (REFUSED, None)
    assert greeting.feed(starts[:5]) == (b"", None)
    assert greeting.feed(starts[5:]) == (b"", starts)


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body
