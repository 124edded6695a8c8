"""The start of the server: gunicorn, whose first worker runs the checks before the port is open.

The master loads no Django: a worker that starts later has the code that is installed then
(docs/decisions/0040-one-load-at-the-start.md).
"""

# mypy: disable-error-code="misc"
# gunicorn has no types: each of its classes is Any.

import errno
import logging
import os
import resource
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from gunicorn.app.wsgiapp import WSGIApplication  # type: ignore[import-untyped]  # the package has no types
from gunicorn.sock import create_sockets  # type: ignore[import-untyped]  # likewise

from rollout.metrics import directory
from server.reports import report

MAX_FILES = 8192
"""File descriptors of a process: gunicorn's thousand connections, two each while they are new, and its own."""


def main() -> int:
    """Run gunicorn; return the exit code if an error prevents that."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from server import gunicorn_settings  # noqa: F401, PLC0415 - reads the environment: raises ImproperlyConfigured
    except ImproperlyConfigured as error:
        return _does_not_start(str(error))
    _raise_file_limit()
    # After SIGUSR2 gunicorn starts itself with these arguments. By its script rather than by `-m gunicorn`: it starts
    # itself by path, and would then import its own `http` and `config`.
    sys.argv = [str(Path(sys.executable).with_name("gunicorn")), "-c", "python:server.gunicorn_settings", "config.wsgi"]
    # gunicorn does not see them: the checks refuse them.
    FirstWorker.gunicorn_arguments = os.environ.pop("GUNICORN_CMD_ARGS", "")
    WSGIApplication().run()
    return 0


class FirstWorker:
    """A worker that is started before the server listens: it runs the checks, and then serves as the others do."""

    gunicorn_arguments = ""

    def __init__(self, server: Any) -> None:
        """Bind the addresses; until they listen, connections are refused.

        :param server: gunicorn's `Arbiter`, which has no listeners yet.
        """
        self._server = server
        self._bound, self._bind_error = _bind(server.cfg.address)
        self._passes, self._passed = os.pipe()

    def start(self) -> bool:
        """Start the worker and wait for the end of its checks; return True if the server listens now."""
        worker = self._server.spawn_worker()  # the worker itself never returns from here
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda number, _: _give_up(worker, number))
        os.close(self._passed)
        passed = os.read(self._passes, 1)
        os.close(self._passes)
        if passed:
            self._server.LISTENERS = create_sockets(self._server.cfg, self._server.log, self._bound)
        elif os.WIFSIGNALED(status := os.waitpid(worker, 0)[1]):  # otherwise it has printed the error
            _does_not_start(f"Its first worker was ended by {signal.Signals(os.WTERMSIG(status)).name}.")
        return bool(passed)

    def check(self, worker: Any) -> None:
        """Run the checks in the worker, and let the server listen; report an error and end the worker."""
        from server.checks import start_error  # noqa: PLC0415 - the master has no Django

        os.close(self._passes)
        if error := start_error(self.gunicorn_arguments, self._bind_error):
            sys.exit(_does_not_start(error))
        worker.sockets = create_sockets(self._server.cfg, self._server.log, self._bound)
        os.write(self._passed, b"1")
        os.close(self._passed)


def _does_not_start(error: str) -> int:
    report(logging.ERROR, f"Tandem does not start. {error}")
    return 1


def _give_up(worker: int, number: int) -> None:
    """End the start, as a signal does by default."""
    os.kill(worker, signal.SIGKILL)
    directory.remove()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _raise_file_limit() -> None:
    """Raise the soft limit of open files, often 1024, as far as the hard limit allows; workers inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = MAX_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_FILES)
    if soft != resource.RLIM_INFINITY and soft < limit:
        # The system may have a lower limit of its own; the server starts with fewer descriptors then.
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


def _bind(addresses: list[tuple[str, int]]) -> tuple[list[int], str]:
    """Return the file descriptors of sockets that are bound to the addresses, and an error if one cannot be bound."""
    bound: list[int] = []
    for address, port in addresses:
        one = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((address, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return bound, f"Port {port} is taken. Set PORT to a free one."
            return bound, f"The server cannot listen on {address}, port {port}: {error.strerror}. Set BIND and PORT."
        bound.append(one.detach())
    return bound, ""
