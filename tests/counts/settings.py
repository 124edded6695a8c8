"""The settings of the service, which does nothing at intervals; on SQLite with the engine that writes down."""

import os

from config.settings import *  # noqa: F403 - all of them
from config.settings import DATABASES
from tests.counts.traced_sqlite3 import STATEMENTS

LEDGER_FLUSH_SECONDS = 0  # a process writes what it has counted at its end
if STATEMENTS in os.environ:
    DATABASES["default"]["ENGINE"] = "tests.counts.traced_sqlite3"
