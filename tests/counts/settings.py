"""The settings of the service, on SQLite with the engine that writes statements down."""

from typing import Any

from config.settings import *  # noqa: F403 - all of them
from config.settings import DATABASES as _DATABASES

DATABASES: dict[str, dict[str, Any]] = {
    "default": {**_DATABASES["default"], "ENGINE": "tests.counts.traced_sqlite3"},
}
