"""The service's settings without periodic work; on SQLite with the engine that logs statements."""

import os

from config.settings import *  # noqa: F403 - all of them
from config.settings import DATABASES
from tests.counts.traced_sqlite3 import STATEMENTS

LEDGER_FLUSH_SECONDS = 0  # the ledger is written only when the process ends
if STATEMENTS in os.environ:
    DATABASES["default"]["ENGINE"] = "tests.counts.traced_sqlite3"
