"""A database wrapper that waits for a busy pool and fails fast if the database is away (docs/decisions/0007).

Django's own waits equally long for both. While the database is away, every thread of the process would wait, and
requests that need no database with them.
"""

import select
import threading
import time
from collections import deque
from typing import Any, ClassVar

import psycopg
from django.db.backends.postgresql import base
from psycopg import Connection
from psycopg_pool import ConnectionPool, PoolTimeout

from config.postgres.times import with_utc_loader

POOL_TIMEOUT = 0.1
"""Seconds between two checks of a waiting request whether the database is away: the pool's `timeout`."""
PATIENCE = 0.5
"""The database is away if connecting fails and, for so many seconds, no request gets a connection."""
MAX_WAIT = 5.0
"""The same if no attempt to connect fails: all statements wait for an answer, or connections end at once."""


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's wrapper for a pool whose `timeout` is one step of the wait.

    After a restart of the database the pool replaces broken connections a few at a time. With short steps a request
    gets one as soon as it is there, instead of spending one long wait on the pauses in between.
    """

    _queues: ClassVar[dict[str, "_Queue"]] = {}
    """By alias, as Django keeps the pools of the process."""
    _queue: "_Queue | None" = None
    """The queue to leave when the connection is returned."""

    def get_connection_params(self) -> dict[str, Any]:
        """Return the parameters of a connection, which reads times faster than Django's; none for one of a pool.

        Django asks for them each time that a request gets a connection, but only the pool uses them.
        """
        if self.alias in self._queues:
            return {}
        params: dict[str, Any] = super().get_connection_params()
        return {**params, "context": with_utc_loader(params["context"])}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection from the pool, in the order of the requests.

        :raises PoolTimeout: the database is away.
        """
        if self.pool is None:
            return super().get_new_connection(conn_params)
        queue = self._queues.get(self.alias) or self._queues.setdefault(self.alias, _Queue(self.pool))
        began = time.monotonic()
        queue.enter(began)
        try:
            connection = self._wait_for_connection(conn_params, queue, began)
        except BaseException:
            queue.leave()
            raise
        self._queue = queue
        return connection

    def _wait_for_connection(self, conn_params: dict[str, Any], queue: "_Queue", began: float) -> Any:
        while True:
            try:
                connection = super().get_new_connection(conn_params)
            except PoolTimeout:
                if queue.should_give_up(began):
                    raise
                continue
            if _is_alive(connection):
                queue.record_progress()
                return connection
            connection.close()
            # The pool replaces a closed connection.
            self.pool.putconn(connection)
            if queue.should_give_up(began):
                raise PoolTimeout("each connection has ended as soon as it was made")

    def close_pool(self) -> None:
        """Close the pool; the next one has a new queue."""
        super().close_pool()
        self._queues.pop(self.alias, None)

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]  # missing in django-stubs
        finally:
            if self._queue is not None:
                self._queue.leave()
                self._queue = None


class _Queue:
    """The requests that wait for a connection of a pool, and the number of those that may take one.

    Only a timeout ends a wait in the pool's own queue. A request that checks whether the database is away, and then
    continues to wait, would be the last in that queue.
    """

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self._lock = threading.Lock()
        self._free = pool.max_size
        self._waiting: deque[threading.Event] = deque()
        self._progress_at = 0.0
        self._failures_before = 0
        """Number of failed attempts to connect when a request last got a connection."""
        self._is_stalled = False

    def enter(self, began: float) -> None:
        """Wait until the request may take a connection from the pool.

        :param began: when the request began to wait (`time.monotonic`).
        :raises PoolTimeout: the database is away.
        """
        with self._lock:
            if self._free:
                self._free -= 1
                return
            turn = threading.Event()
            self._waiting.append(turn)
        while not turn.wait(max(PATIENCE - self._idle_since(began), POOL_TIMEOUT)):
            if self.should_give_up(began) and self._withdraw(turn):
                raise PoolTimeout("no request gets a connection")

    def leave(self) -> None:
        """Let the next request take a connection."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1

    def _withdraw(self, turn: threading.Event) -> bool:
        """Remove a request that waits; return False if it may take a connection by now."""
        with self._lock:
            if turn.is_set():
                return False
            self._waiting.remove(turn)
            return True

    def record_progress(self) -> None:
        """Record that a request has got a connection."""
        self._progress_at, self._failures_before, self._is_stalled = time.monotonic(), self._failures(), False

    def should_give_up(self, began: float) -> bool:
        """Return True if the database is away, as far as a request can know that has waited since `began`."""
        idle = self._idle_since(began)
        if idle > MAX_WAIT:
            # Until a request gets a connection, the others wait for PATIENCE only.
            self._is_stalled = True
        return idle >= PATIENCE and (self._is_stalled or self._failures() > self._failures_before)

    def _idle_since(self, began: float) -> float:
        """Return for how many seconds of a request's wait no request has got a connection."""
        return time.monotonic() - max(began, self._progress_at)

    def _failures(self) -> int:
        """Return how often the pool has failed to connect so far."""
        return self._pool.get_stats().get("connections_errors", 0)


def _is_alive(connection: Connection) -> bool:
    """Return True if an idle connection can be used.

    A server that closes a connection sends a message first. Without data to read the connection is alive, and a query
    would cost each request a round trip. Other messages are possible (a changed parameter), so if there is data, send a
    query.
    """
    poller = select.poll()
    try:
        poller.register(connection.fileno(), select.POLLIN)
        if poller.poll(0):
            ConnectionPool.check_connection(connection)
    except psycopg.Error:
        return False
    return True
