"""What all peers have in common: a production setting with nothing on the way of a request that is not needed.

Every choice is in the peer's favour: no middleware but what it asks for, no translations, JSON alone,
connections to the database that stay open, and for SQLite the settings that Tandem has.
"""

import os

import dj_database_url

SECRET_KEY = "benchmarks-only"  # noqa: S105 - guards nothing
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
USE_I18N = False
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]
MIDDLEWARE: list[str] = []

_URL = os.environ.get("DATABASE_URL", "sqlite:///db.sqlite3")
DATABASES = {"default": {**dj_database_url.parse(_URL), "CONN_MAX_AGE": None}}
if _URL.startswith("sqlite"):
    DATABASES["default"]["OPTIONS"] = {
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
    }

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
