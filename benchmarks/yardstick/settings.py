"""Django's settings: no application, no middleware, and a database connection that each thread keeps."""

import os
from typing import Any

import dj_database_url

SECRET_KEY = "yardstick"  # noqa: S105 - it guards nothing
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
ROOT_URLCONF = "benchmarks.yardstick.urls"
USE_I18N = False
USE_TZ = True
APPEND_SLASH = False

_database: dict[str, Any] = {**dj_database_url.parse(os.environ["DATABASE_URL"]), "CONN_MAX_AGE": None}
if _database["ENGINE"] == "django.db.backends.sqlite3":
    # As Tandem opens it: readers do not wait, a writer takes its lock at once.
    _database["OPTIONS"] = {
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
    }
DATABASES = {"default": _database}
