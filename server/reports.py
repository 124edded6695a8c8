"""The reports of the server: errors and warnings before the start, the start, and the stop."""

import logging
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from config import environment
from config.logs import JsonLineFormatter
from shared.http.logs import Fields

LOGGER = "tandem.server"


def report(level: int, text: str) -> None:
    """Print why the server does not start, or warns; as log lines with `LOG_FORMAT=json`.

    There may be no logging yet: the settings that configure it may be what cannot be read.
    """
    if environment.text("LOG_FORMAT") != "json":
        print(text, file=sys.stderr)
        return
    formatter = JsonLineFormatter()
    for line in text.splitlines():
        print(formatter.format(_record(level, line, {})), file=sys.stderr)


def log_start(*, redis_answers: bool | None) -> None:
    """Log what is about to start, without the passwords in URLs.

    :param redis_answers: None without `REDIS_URL`. The database answers: else the server would not start.
    """
    from django.db import connection  # noqa: PLC0415 - after django.setup()

    from server import gunicorn_settings  # noqa: PLC0415 - reads the environment
    from social.conf import conf  # noqa: PLC0415 - after django.setup()

    fields: dict[str, object] = {
        "version": _version(),
        "address": ",".join(gunicorn_settings.bind),
        "processes": gunicorn_settings.workers,
        "threads": gunicorn_settings.threads,
        "providers": ",".join(conf.providers) or "none",
        "database": connection.vendor,
        "database_host": database_host(connection.settings_dict),
        "database_answers": "yes",
        "redis": redis_host(conf.redis_url) if conf.redis_url else "none",
    }
    if redis_answers is not None:
        fields["redis_answers"] = "yes" if redis_answers else "no"
    logging.getLogger(LOGGER).info("Tandem starts:%s", Fields(fields), extra={"fields": fields})


def log_of_master(server: Any, message: str, **fields: object) -> None:
    """Log a line of gunicorn's master, which has no Django and whose own level is WARNING."""
    if logging.getLevelNamesMapping()[environment.log_level()] > logging.INFO:
        return
    for handler in server.log.error_log.handlers:
        handler.handle(_record(logging.INFO, f"{message}:{Fields(fields)}", fields))


def database_host(settings: dict[str, Any]) -> str:
    """Return the host and port of Django's database settings, or SQLite's file."""
    if "sqlite" in settings["ENGINE"]:
        return str(settings["NAME"])
    options = settings.get("OPTIONS", {})
    host = str(options.get("host") or settings.get("HOST") or "localhost")
    return f"{host}:{options.get('port') or settings.get('PORT') or 5432}"


def redis_host(url: str) -> str:
    """Return the host and port of a URL of Redis, or its socket."""
    parts = urlsplit(url)
    return parts.path if parts.scheme == "unix" else f"{parts.hostname or 'localhost'}:{parts.port or 6379}"


def _record(level: int, message: str, fields: dict[str, object]) -> logging.LogRecord:
    name = logging.getLevelName(level)
    return logging.makeLogRecord(
        {"name": LOGGER, "levelno": level, "levelname": name, "msg": message, "fields": fields}
    )


def _version() -> str:
    try:
        return version("tandem")
    except PackageNotFoundError:  # a checkout
        file = Path(__file__).resolve().parent.parent / "pyproject.toml"
        return str(tomllib.loads(file.read_text(encoding="utf-8"))["project"]["version"]) if file.is_file() else "?"
