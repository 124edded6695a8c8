"""A database wrapper that waits for a busy pool and fails fast if the database is down.

Django's own waits equally long for both. While the database is down, every thread of the process would wait, and
requests that need no database with them.
"""

import select
import time
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg import Connection
from psycopg_pool import ConnectionPool, PoolTimeout

from config.postgres.times import with_utc_loader

POOL_TIMEOUT = 0.5
"""Seconds in the pool's queue before the wrapper checks whether to go on waiting: the pool's `timeout`."""
MAX_WAIT = 5.0
"""Seconds that a request waits while all connections are busy."""
_failures_before: dict[str, int] = {}
"""Number of failed attempts to connect, by database, when this process last got a connection."""


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's wrapper for a pool whose `timeout` is one step of the wait.

    After a restart of the database the pool replaces broken connections a few at a time. With short steps a request
    gets one as soon as it is there, instead of spending one long wait on the pauses in between.
    """

    def get_connection_params(self) -> dict[str, Any]:
        """Return the parameters of a connection, which reads times faster than Django's."""
        params: dict[str, Any] = super().get_connection_params()
        return {**params, "context": with_utc_loader(params["context"])}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection from the pool.

        :raises PoolTimeout: connecting has failed since the last success, or all connections were busy for too long.
        """
        until = time.monotonic() + MAX_WAIT
        while True:
            try:
                connection = super().get_new_connection(conn_params)
            except PoolTimeout:
                if time.monotonic() > until or _failures(self.pool) > _failures_before.get(self.alias, 0):
                    raise
                continue
            if self.pool is None or _is_alive(connection):
                _failures_before[self.alias] = _failures(self.pool)
                return connection
            connection.close()
            # The pool replaces a closed connection.
            self.pool.putconn(connection)
            if time.monotonic() > until:
                raise PoolTimeout("each connection has ended as soon as it was made")


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


def _failures(pool: ConnectionPool | None) -> int:
    """Return how often the pool has failed to connect so far."""
    return pool.get_stats().get("connections_errors", 0) if pool else 0
