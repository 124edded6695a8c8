"""What is checked before the server listens: the configuration, Redis, and the database; SQLite is migrated."""

import logging
import signal

import django
from django.core.checks import ERROR, WARNING, CheckMessage, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db.utils import DatabaseError

from server.reports import database_host, log_start, redis_host, report

DATABASE_ANSWERS_WITHIN = 10
"""Seconds; connecting takes three at most (`config.database`)."""


def start_error(gunicorn_arguments: str, bind_error: str) -> str:
    """Load Django and check everything; log the start and return "", or return what prevents it.

    :param gunicorn_arguments: the value of GUNICORN_CMD_ARGS, an error.
    :param bind_error: an error found before, reported if there is no other.
    """
    try:
        django.setup()
        error = _configuration_error(gunicorn_arguments) or _database_error() or bind_error
        if not error:
            log_start(redis_answers=_check_redis())
    except ImproperlyConfigured as raised:
        error = str(raised)
    return error


def _configuration_error(gunicorn_arguments: str) -> str:
    """Return the errors of the system checks with their hints; print the warnings."""
    from server import gunicorn_settings  # noqa: PLC0415 - reads the environment: raises ImproperlyConfigured

    found = [message for message in run_checks() if not message.is_silenced()]
    for warning in (message for message in found if message.level == WARNING):
        report(logging.WARNING, f"Tandem warns. {_line(warning)}")
    lines = [_line(error) for error in found if error.level >= ERROR]
    if gunicorn_arguments:
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

    if connection.settings_dict["NAME"] == ":memory:":
        return "DATABASE_URL names no file: each process would have an empty database of its own."
    options = connection.settings_dict["OPTIONS"]
    # A pool would keep trying to connect while the database is down; this connection is tried once.
    connection.settings_dict["OPTIONS"] = {name: value for name, value in options.items() if name != "pool"}
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
        connection.settings_dict["OPTIONS"] = options
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
