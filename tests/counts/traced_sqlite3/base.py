"""The engine. SQLite's own trace (https://sqlite.org/c3ref/trace_v2.html) reports every statement."""

import os
from typing import Any

from django.db.backends.sqlite3 import base

from tests.counts.traced_sqlite3 import STATEMENTS


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's wrapper, with a trace."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Open a connection and trace it from its first statement."""
        connection = super().get_new_connection(conn_params)
        connection.set_trace_callback(_write)
        return connection


def _write(statement: str) -> None:
    # Opened for each statement, because the tests truncate the file and other processes write to it.
    with open(os.environ[STATEMENTS], "a", encoding="utf-8") as lines:  # noqa: PTH123 - at every statement
        lines.write(" ".join(statement.split()) + "\n")
