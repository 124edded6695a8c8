"""The ledger of this process: a counter, and the thread that writes it. A forked process starts with a new one."""

import atexit
import logging
import os
import time
from contextlib import suppress
from threading import Event, Lock, Thread

from django.db import connections

from rollout.calls import RecordedCall
from rollout.conf import conf
from rollout.ledger.counter import CallCounter
from rollout.ledger.retention import Retention
from rollout.ledger.store import Store
from shared.http.logs import RateLimitedLog
from shared.http.redaction import exception_name

logger = logging.getLogger("tandem.ledger")

LAST_ATTEMPTS = 3
LAST_PAUSE = 1.0
"""Seconds between two attempts of the last flush."""


class Ledger:
    """Counts calls, and writes them from the first call on."""

    def __init__(self) -> None:
        """Start without a thread: a fork would not copy it."""
        self.counter = CallCounter()
        self._store = Store()
        self._retention = Retention()
        self._writing = Lock()
        self._starting = Lock()
        self._thread: Thread | None = None
        self._ended = Event()
        self._failures = RateLimitedLog(logger, "the ledger cannot be written, %d calls wait: %s", logging.ERROR)
        self._failing = False

    def count(self, call: RecordedCall) -> None:
        """Count a call in memory; uses neither the database nor the network."""
        self.counter.add(call)
        if self._thread is None:
            self._start()

    def flush(self) -> bool:
        """Write what has been counted; if that fails, keep it and return False."""
        with self._writing:
            batch = self.counter.take()
            if not batch:
                return True
            try:
                self._store.write(batch)
            except Exception as error:  # noqa: BLE001 - after any error the counts are kept and the thread continues
                self.counter.put_back(batch)
                self._failing = True
                self._failures.log(self.counter.unwritten, exception_name(error.__cause__ or error))
                return False
            self.counter.written(batch)
        if self._failing:
            self._failing = False
            logger.info("the ledger is written again")
        return True

    def last_flush(self) -> None:
        """Write the rest before the process ends; give up after LAST_ATTEMPTS if the database does not answer."""
        for attempt in range(LAST_ATTEMPTS):
            if attempt:
                time.sleep(LAST_PAUSE)
            if self.flush():
                break
        _close_connection()

    def end(self) -> None:
        """Stop the thread, write the rest, and log how many calls could not be written."""
        if self._thread is None:
            return
        self._ended.set()
        self.last_flush()
        if self.counter.unwritten:
            logger.error("the ledger lacks the last %d calls of this process", self.counter.unwritten)

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
                self._delete_old_rows()
            _close_connection()

    def _delete_old_rows(self) -> None:
        try:
            self._retention.step()
        except Exception as error:  # noqa: BLE001 - it is repeated the next day; counting continues
            logger.error("old rows of the ledger are kept until tomorrow: %s", exception_name(error))  # noqa: TRY400 - one line


def _close_connection() -> None:
    """Return this thread's connection to the pool, which requests share; an error of a broken one does not matter."""
    with suppress(Exception):
        connections.close_all()


_ledger = Ledger()


def ledger() -> Ledger:
    """Return the ledger of this process."""
    return _ledger


def _after_fork() -> None:
    """Start a new ledger: the parent writes what it has counted, and its thread does not exist here."""
    global _ledger  # noqa: PLW0603 - one a process
    _ledger = Ledger()


def _at_exit() -> None:
    _ledger.end()


os.register_at_fork(after_in_child=_after_fork)
atexit.register(_at_exit)
