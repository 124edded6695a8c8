"""`python -m server`: the production server, after everything that would stop it has been looked at."""

import gc
import os
import resource
import socket
import sys
from contextlib import suppress
from pathlib import Path

import django
from django.core.checks import ERROR, WARNING, CheckMessage, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db.utils import DatabaseError

from config import environment

FILES = 8192
"""What a process needs at most: gunicorn's thousand connections, two files each while they are new, and its own."""


def main() -> int:  # noqa: RET503 - it ends in exec
    """Check, migrate SQLite, then become gunicorn; give the exit code where something is in the way."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # Nearly all that it makes stays until it becomes another program.
    gc.disable()
    try:
        django.setup()
        problem = _misconfiguration() or _database_problem() or _port_problem()
    except ImproperlyConfigured as error:
        problem = str(error)
    if problem:
        print(f"Tandem does not start. {problem}", file=sys.stderr)
        return 1
    _allow_files()
    # exec keeps the process id, so that a supervisor's signals reach gunicorn. By its script rather than by
    # `-m gunicorn`: after SIGUSR2 gunicorn starts itself by path, and would then import its own `http` and `config`.
    command = [sys.executable, str(Path(sys.executable).with_name("gunicorn"))]
    command += ["-c", "python:server.gunicorn_settings", "config.wsgi"]
    os.execv(command[0], command)  # noqa: S606 - no shell is needed


def _allow_files() -> None:
    """Raise the soft limit of open files, often 1024, for this process and what it becomes, as far as it may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = FILES if hard == resource.RLIM_INFINITY else min(hard, FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        # A system may have another limit besides, and starts as well with fewer.
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _misconfiguration() -> str:
    """Give the errors of the system checks, with their hints; warnings are told, and the start goes on."""
    found = run_checks()
    for warning in (message for message in found if message.level == WARNING):
        print(f"Tandem warns. {_line(warning)}", file=sys.stderr)
    lines = [_line(error) for error in found if error.level >= ERROR]
    workers = environment.integer("WEB_CONCURRENCY", 1, least=1, most=256)
    if workers > 1 and not environment.text("REDIS_URL"):
        lines.append(
            f"WEB_CONCURRENCY is {workers} without REDIS_URL: limits would count for each process by itself. "
            "Set REDIS_URL, or leave WEB_CONCURRENCY at 1."
        )
    return "\n".join(lines)


def _line(message: CheckMessage) -> str:
    return f"{message.id}: {message.msg}" + (f" {message.hint}" if message.hint else "")


def _database_problem() -> str:
    """Migrate SQLite; on a database that several machines share, say who must."""
    from django.db import connection  # noqa: PLC0415 - after django.setup()

    from config.health import unapplied_migrations  # noqa: PLC0415 - after django.setup()

    # This process asks once and is gone; a pool would go on trying where there is nobody.
    connection.settings_dict["OPTIONS"].pop("pool", None)
    try:
        if connection.vendor == "sqlite":
            call_command("migrate", verbosity=0, interactive=False)
        elif unapplied := unapplied_migrations():
            return f"The database has {len(unapplied)} unapplied migrations. Run: make migrate"
    except DatabaseError as error:
        return f"The database of DATABASE_URL does not answer: {type(error.__cause__ or error).__name__}."
    finally:
        connection.close()
    return ""


def _port_problem() -> str:
    port = environment.integer("PORT", 8000, least=1, most=65535)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))  # noqa: S104 - the address that the server will bind
        except OSError:
            return f"Port {port} is taken. Set PORT to a free one."
    return ""


if __name__ == "__main__":
    sys.exit(main())
