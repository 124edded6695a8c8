"""The ledger of a process: a thread writes it by itself; nothing is lost while the database is away."""

import logging
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError

from rollout.ledger import process
from rollout.ledger.counter import Batch
from rollout.ledger.process import Ledger, ledger
from tests.rollout.ledger.conftest import a_call

SOON = 30


class Written:
    """In place of the database: keeps what it is given, and is away when told so."""

    def __init__(self) -> None:
        self.calls = 0
        self.away: Exception | None = None

    def write(self, batch: Batch) -> None:
        if self.away is not None:
            raise self.away
        self.calls += batch.size


@pytest.fixture
def written() -> Written:
    return Written()


@pytest.fixture
def own(written: Written, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    """A ledger that writes there, and forgets nothing."""
    monkeypatch.setattr(process, "LAST_PAUSE", 0)
    monkeypatch.setattr(process, "_close_connection", lambda: None)
    made = Ledger()
    monkeypatch.setattr(made, "_store", written)
    monkeypatch.setattr(made, "_delete_old_rows", lambda: None)
    yield made
    made._ended.set()


def soon(true: Callable[[], bool]) -> bool:
    until = time.monotonic() + SOON
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def test_it_is_written_without_being_told(own: Ledger, written: Written, settings: Any) -> None:
    """By a thread that the first call starts, again and again."""
    settings.LEDGER_FLUSH_SECONDS = 0.01
    for number in (1, 2):
        own.count(a_call())
        assert soon(lambda number=number: written.calls == number)  # type: ignore[misc]  # the loop's own
    assert own.counter.unwritten == 0
    assert own._thread is not None
    assert own._thread.daemon


def test_no_thread_where_it_is_not_wanted(own: Ledger) -> None:
    """Tests write it themselves."""
    own.count(a_call())
    assert own._thread is None


def test_what_cannot_be_written_is_kept(
    own: Ledger, written: Written, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the database is back; the log says so once a minute, by the kind of the failure alone."""
    now = 1000.0
    monkeypatch.setattr("rollout.ledger.process.time.monotonic", lambda: now)
    written.away = OperationalError("password of ripley")
    with caplog.at_level(logging.INFO, "tandem.ledger"):
        for now in (1000.0, 1005.0, 1059.0, 1061.0):  # noqa: B007 - the clock reads it
            own.count(a_call())
            assert not own.flush()
        written.away = None
        assert own.flush()
        assert own.flush()
    assert (written.calls, own.counter.unwritten) == (4, 0)
    assert [record.getMessage() for record in caplog.records] == [
        "the ledger cannot be written, 1 calls wait: django.db.utils.OperationalError",
        "the ledger cannot be written, 4 calls wait: django.db.utils.OperationalError",
        "the ledger is written again",
    ]


def test_the_last_flush_tries_again(own: Ledger, written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that is away for a moment takes nothing along."""
    written.away = OperationalError()
    monkeypatch.setattr("rollout.ledger.process.time.sleep", lambda _: setattr(written, "away", None))
    own.count(a_call())
    own.last_flush()
    assert (written.calls, own.counter.unwritten) == (1, 0)


def test_what_is_lost_at_the_end_is_said(
    own: Ledger, written: Written, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    """By how many calls."""
    settings.LEDGER_FLUSH_SECONDS = 300
    written.away = OperationalError()
    for _ in range(3):
        own.count(a_call())
    own.end()
    assert caplog.records[-1].getMessage() == "the ledger lacks the last 3 calls of this process"


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")  # of Python 3.12: this is what is tried
def test_a_forked_process_begins_anew() -> None:
    """It has a ledger and a thread of its own, and does not count again what its parent will write."""
    ledger().count(a_call())
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, f"{ledger().counter.unwritten}".encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as told:
        assert told.read() == "0"
    os.waitpid(child, 0)
    assert ledger().counter.unwritten >= 1
    ledger().counter.written(ledger().counter.take())
