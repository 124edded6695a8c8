"""The ledger of a process: a thread writes it, and nothing is lost while the database is down."""

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
    """A store that keeps the number of written calls, and fails on request."""

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
    """A ledger with that store, which deletes no old rows."""
    monkeypatch.setattr(process, "LAST_PAUSE", 0)
    monkeypatch.setattr(process, "_close_connection", lambda: None)
    made = Ledger()
    monkeypatch.setattr(made, "_store", written)
    monkeypatch.setattr(made, "_delete_old_rows", lambda: None)
    yield made
    made._ended.set()
    # Before the patches are undone: the thread would delete rows, and log into the next test.
    if made._thread is not None:
        made._thread.join(SOON)


def soon(true: Callable[[], bool]) -> bool:
    until = time.monotonic() + SOON
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def test_a_thread_writes_it(own: Ledger, written: Written, settings: Any) -> None:
    """The first call starts a thread that writes repeatedly."""
    settings.LEDGER_FLUSH_SECONDS = 0.01
    for number in (1, 2):
        own.count(a_call())
        assert soon(lambda number=number: written.calls == number)  # type: ignore[misc]  # the loop's own
    assert own.counter.unwritten == 0
    assert own._thread is not None
    assert own._thread.daemon


def test_no_thread_without_an_interval(own: Ledger) -> None:
    """With LEDGER_FLUSH_SECONDS = 0, tests flush it."""
    own.count(a_call())
    assert own._thread is None


def test_unwritten_calls_are_kept(
    own: Ledger, written: Written, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the database answers; the log has one line a minute with the kind of the error."""
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
    """A short outage of the database loses nothing."""
    written.away = OperationalError()
    monkeypatch.setattr("rollout.ledger.process.time.sleep", lambda _: setattr(written, "away", None))
    own.count(a_call())
    own.last_flush()
    assert (written.calls, own.counter.unwritten) == (1, 0)


def test_lost_calls_are_logged_at_the_end(
    own: Ledger, written: Written, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    """The log has the number of calls."""
    settings.LEDGER_FLUSH_SECONDS = 300
    written.away = OperationalError()
    for _ in range(3):
        own.count(a_call())
    own.end()
    assert caplog.records[-1].getMessage() == "the ledger lacks the last 3 calls of this process"


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")  # of Python 3.12: this is what is tried
def test_a_forked_process_has_a_new_ledger() -> None:
    """It has a ledger and a thread of its own, and does not write the calls of its parent."""
    ledger().count(a_call())
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, f"{ledger().counter.unwritten}".encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as unwritten:
        assert unwritten.read() == "0"
    os.waitpid(child, 0)
    assert ledger().counter.unwritten >= 1
    ledger().counter.written(ledger().counter.take())
