"""A connection from the pool, or soon the word that there is none to be had.

Django's own waits as long for a database that is away as for one that is busy. While it is away every thread of the
process would wait, and requests that need no database behind them.
"""

import select
import time
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg import Connection
from psycopg_pool import ConnectionPool, PoolTimeout

STEP = 0.5
"""Seconds in the pool's queue after which to look whether waiting is of use; what `timeout` of the pool is to be."""
PATIENCE = 5.0
"""Seconds that a request waits while all connections are busy."""
_failures_known: dict[str, int] = {}
"""Failed attempts to connect, by database, when a connection was last had in this process."""


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, for a pool whose `timeout` is a step of the wait and not the whole of it.

    The pool drops connections that a restart of the database has broken a few at a step: another look costs a
    moment, where one long wait would be spent on pauses in between.
    """

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Give a connection from the pool.

        :raises PoolTimeout: connecting has failed since one was last had, or all were busy for too long.
        """
        until = time.monotonic() + PATIENCE
        while True:
            try:
                connection = super().get_new_connection(conn_params)
            except PoolTimeout:
                if time.monotonic() > until or _failures(self.pool) > _failures_known.get(self.alias, 0):
                    raise
                continue
            if self.pool is None or _is_alive(connection):
                _failures_known[self.alias] = _failures(self.pool)
                return connection
            connection.close()
            # The pool makes a new one in the place of a closed one.
            self.pool.putconn(connection)
            if time.monotonic() > until:
                raise PoolTimeout("each connection has ended as soon as it was made")


def _is_alive(connection: Connection) -> bool:
    """Say whether a connection that nobody has used for a while can be used.

    A server that ends one says so, and the words wait to be read: where there are none, nothing has happened, and
    asking the server would be one round trip more for each request. There may be others (a setting that has changed),
    so then it is asked.
    """
    silence = select.poll()
    try:
        silence.register(connection.fileno(), select.POLLIN)
        if silence.poll(0):
            ConnectionPool.check_connection(connection)
    except psycopg.Error:
        return False
    return True


def _failures(pool: ConnectionPool | None) -> int:
    """Give how often the pool has failed to connect so far."""
    return pool.get_stats().get("connections_errors", 0) if pool else 0
