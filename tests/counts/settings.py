"""The settings of the service, on SQLite with the engine that writes statements down."""

from config.settings import *  # noqa: F403 - all of them
from config.settings import DATABASES

DATABASES["default"]["ENGINE"] = "tests.counts.traced_sqlite3"
