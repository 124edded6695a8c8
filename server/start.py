"""The start of the server: check the configuration, migrate SQLite, and become gunicorn."""

import errno
import gc
import logging
import os
import resource
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

import django
from django.core.checks import ERROR, WARNING, CheckMessage, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db.utils import DatabaseError

from server.reports import database_host, log_start, redis_host, report

MAX_FILES = 8192
"""File descriptors of a process: gunicorn's thousand connections, two each while they are new, and its own."""
DATABASE_ANSWERS_WITHIN = 10
"""Seconds; connecting takes three at most (`config.database`)."""


def main() -> int:  # noqa: RET503 - it ends in exec
    """Check the configuration and become gunicorn; return the exit code if an error prevents that."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # Almost every object stays in use until the exec: collecting would free nothing.
    gc.disable()
    try:
        django.setup()
        error = _configuration_error() or _database_error() or _bind_error()
        if not error:
            log_start(redis_answers=_check_redis())
    except ImproperlyConfigured as raised:
        error = str(raised)
    if error:
        report(logging.ERROR, f"Tandem does not start. {error}")
        return 1
    _raise_file_limit()
    # exec keeps the process id, so that a supervisor's signals reach gunicorn. By its script rather than by
    # `-m gunicorn`: after SIGUSR2 gunicorn starts itself by path, and would then import its own `http` and `config`.
    command = [sys.executable, str(Path(sys.executable).with_name("gunicorn"))]
    command += ["-c", "python:server.gunicorn_settings", "config.wsgi"]
    os.execv(command[0], command)  # noqa: S606 - no shell is needed


def _raise_file_limit() -> None:
    """Raise the soft limit of open files, often 1024, as far as the hard limit allows; exec keeps it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = MAX_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_FILES)
    if soft != resource.RLIM_INFINITY and soft < limit:
        # The system may have a lower limit of its own; the server starts with fewer descriptors then.
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


def _configuration_error() -> str:
    """Return the errors of the system checks with their hints; print the warnings."""
    from server import gunicorn_settings  # noqa: PLC0415 - reads the environment: raises ImproperlyConfigured

    found = [message for message in run_checks() if not message.is_silenced()]
    for warning in (message for message in found if message.level == WARNING):
        report(logging.WARNING, f"Tandem warns. {_line(warning)}")
    lines = [_line(error) for error in found if error.level >= ERROR]
    if os.environ.get("GUNICORN_CMD_ARGS"):
        lines.append("GUNICORN_CMD_ARGS would override settings that were checked, such as the address. Remove it.")
    if gunicorn_settings.workers > 1 and not gunicorn_settings.redis_url:
        lines.append(
            f"WEB_CONCURRENCY is {gunicorn_settings.workers} without REDIS_URL: limits would count for each process by "
            "itself. Set REDIS_URL, or leave WEB_CONCURRENCY at 1."
        )
    return "\n".join(lines)


def _line(message: CheckMessage) -> str:
    return f"{message.id}: {message.msg}" + (f" {message.hint}" if message.hint else "")


def _database_error() -> str:
    """Migrate SQLite; return an error if another database is not migrated, or if none answers."""
    from django.db import connection  # noqa: PLC0415 - after django.setup()

    # A pool would keep trying to connect while the database is down; this process tries once.
    connection.settings_dict["OPTIONS"].pop("pool", None)
    if connection.settings_dict["NAME"] == ":memory:":
        return "DATABASE_URL names no file: each process would have an empty database of its own."
    try:
        if connection.vendor == "sqlite":
            call_command("migrate", verbosity=0, interactive=False)
        elif unapplied := _unapplied_within(DATABASE_ANSWERS_WITHIN):
            command = "make migrate, or python -m tandem migrate"
            return f"The database has {len(unapplied)} unapplied migrations. Run: {command}."
    except (DatabaseError, TimeoutError) as error:
        database = f"The database of DATABASE_URL, {database_host(connection.settings_dict)},"
        cause = error.__cause__ or error
        # libpq gives no SQLSTATE for a connection that the server refuses. Its message may have the user's name.
        if " FATAL: " in str(cause):
            return (
                f"{database} refuses the connection: psql with the same URL, and the database's log, show the reason."
            )
        return f"{database} does not answer: {type(cause).__name__}."
    finally:
        connection.close()
    return ""


def _unapplied_within(seconds: int) -> list[str]:
    """Return the names of the unapplied migrations; the limits of the connection end once it is open.

    :raises TimeoutError: the database, or a pooler before it, has taken longer.
    """
    from config.health import unapplied_migrations  # noqa: PLC0415 - after django.setup()

    def expire(*args: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, expire)
    signal.alarm(seconds)
    try:
        return unapplied_migrations()
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


def _check_redis() -> bool | None:
    """Return True if Redis answers, None if there is none; print a warning if it does not answer.

    :raises ImproperlyConfigured: an option of the URL is wrong; each request would fail.
    """
    from config.health import redis_answers  # noqa: PLC0415 - after django.setup()
    from social.conf import conf  # noqa: PLC0415 - likewise

    if not conf.redis_url:
        return None
    try:
        answers = redis_answers(conf.redis_url)
    except (TypeError, ValueError):  # without the cause, whose message may hold a part of the URL
        raise ImproperlyConfigured(
            "REDIS_URL has an option that the package redis does not know, or a wrong one."
        ) from None
    if not answers:
        report(
            logging.WARNING,
            f"Tandem warns. Redis of REDIS_URL, {redis_host(conf.redis_url)}, does not answer: until it does, each "
            "process counts the rate limits by itself.",
        )
    return answers


def _bind_error() -> str:
    from server.gunicorn_settings import addresses, port  # noqa: PLC0415 - reads the environment

    for address in addresses:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    return f"Port {port} is taken. Set PORT to a free one."
                return f"The server cannot listen on {address}, port {port}: {error.strerror}. Set BIND and PORT."
    return ""
