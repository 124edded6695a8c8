"""The ledger of this process: a tally, and the thread that writes it. A forked process has one of its own."""

import atexit
import logging
import os
import time
from contextlib import suppress
from threading import Event, Lock, Thread

from django.db import connections

from rollout.calls import Call
from rollout.ledger.conf import conf
from rollout.ledger.retention import Retention
from rollout.ledger.store import Store
from rollout.ledger.tally import Tally
from shared.http.logs import RateLimitedLog
from shared.http.redaction import kind

logger = logging.getLogger("tandem.ledger")

LAST_TRIES = 3
PAUSE = 1.0
"""Seconds between the last tries, when the process is about to end."""


class Ledger:
    """Counts calls, and writes them by itself from the first one on."""

    def __init__(self) -> None:
        """Begin without a thread: whoever forks afterwards would leave it behind."""
        self.tally = Tally()
        self._store = Store()
        self._retention = Retention()
        self._writing = Lock()
        self._starting = Lock()
        self._thread: Thread | None = None
        self._ended = Event()
        self._away = RateLimitedLog(logger, "the ledger cannot be written, %d calls wait: %s", logging.ERROR)
        self._failing = False

    def count(self, call: Call) -> None:
        """Count a call; no database, no network."""
        self.tally.add(call)
        if self._thread is None:
            self._start()

    def flush(self) -> bool:
        """Write what has been counted, and say whether it is in the database now; if not, it is kept."""
        with self._writing:
            batch = self.tally.take()
            if not batch:
                return True
            try:
                self._store.write(batch)
            except Exception as error:  # noqa: BLE001 - whatever it is, the counts are kept and the thread goes on
                self.tally.give_back(batch)
                self._failing = True
                self._away.log(self.tally.unwritten, kind(error.__cause__ or error))
                return False
            self.tally.written(batch)
        if self._failing:
            self._failing = False
            logger.info("the ledger is written again")
        return True

    def last_flush(self) -> None:
        """Write what is left, for a process that is about to end; where the database is away, try for seconds only."""
        for tried in range(LAST_TRIES):
            if tried:
                time.sleep(PAUSE)
            if self.flush():
                break
        _give_back()

    def end(self) -> None:
        """Write what is left, and say what cannot be."""
        if self._thread is None:
            return
        self._ended.set()
        self.last_flush()
        if self.tally.unwritten:
            logger.error("the ledger lacks the last %d calls of this process", self.tally.unwritten)

    def _start(self) -> None:
        if not conf.flush_seconds:
            return
        with self._starting:
            if self._thread is None:
                self._thread = Thread(target=self._run, name="ledger", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not self._ended.wait(conf.flush_seconds):
            if self.flush():
                self._forget()
            _give_back()

    def _forget(self) -> None:
        try:
            self._retention.step()
        except Exception as error:  # noqa: BLE001 - tomorrow is another day; counting goes on
            logger.error("too old rows of the ledger stay until tomorrow: %s", kind(error))  # noqa: TRY400 - one line


def _give_back() -> None:
    """Return this thread's connection to the pool, which requests share; one that is broken is no reason to stop."""
    with suppress(Exception):
        connections.close_all()


_ledger = Ledger()


def ledger() -> Ledger:
    """Give this process's own."""
    return _ledger


def _begin_anew() -> None:
    """Leave to the parent what it has counted; its thread and its locks are not here."""
    global _ledger  # noqa: PLW0603 - there is one a process
    _ledger = Ledger()


def _end() -> None:
    _ledger.end()


os.register_at_fork(after_in_child=_begin_anew)
atexit.register(_end)
