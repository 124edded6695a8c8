"""The processes that the demo starts. All of them end with the demo, also after Ctrl-C, SIGTERM or SIGHUP."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

FOLDER = Path(__file__).resolve().parent.parent
DATABASES_PREFIX = "tandem-demo-"
"""The beginning of the name of the temporary folder with the demo's databases."""
STOP_TIMEOUT = 10
"""Seconds that all programs together have to end after SIGTERM."""

_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONDONTWRITEBYTECODE")
_KEPT_LINES = 200
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ProgramEndedError(Exception):
    """A program has ended unexpectedly, or did not start to answer."""


class Program:
    """A Python module of the project, running in a process group of its own.

    The end of its output is kept, and copied to standard error while `echo` is set.
    """

    def __init__(self, name: str, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self.name = name
        self.echo = False
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._process = subprocess.Popen(  # noqa: S603 - our own modules
            [sys.executable, "-m", *arguments],
            cwd=FOLDER,
            env={**inherited(), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def ended(self) -> bool:
        """Return True if the process has ended."""
        return self._process.poll() is not None

    def output(self) -> str:
        """Return the last lines of its output."""
        self._reader.join(timeout=1 if self.ended else 0)
        return "".join(self._lines)

    def terminate(self) -> None:
        """Send SIGTERM to its process group."""
        self._signal(signal.SIGTERM)

    def wait(self, seconds: float) -> None:
        """Wait for its end, and send SIGKILL after so many seconds."""
        try:
            self._process.wait(max(seconds, 0.1))
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._process.wait()

    def _signal(self, number: int) -> None:
        # The id of a process that has ended may belong to another one.
        if not self.ended:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def _read(self) -> None:
        if self._process.stdout is None:
            return
        with self._process.stdout as lines:
            for line in lines:
                self._lines.append(line)
                if self.echo:
                    sys.stderr.write(line)
                    sys.stderr.flush()


class Programs:
    """A context manager that ends all its programs on exit."""

    def __init__(self) -> None:
        self._running: list[Program] = []

    def __enter__(self) -> Self:
        """Return the empty collection."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all programs, in the reverse order of their start; ignore further signals."""
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        self._end(self._running[::-1])

    def start(self, name: str, *arguments: str, **environment: str) -> Program:
        """Start a module of the project."""
        with _deferred_interrupts():
            program = Program(name, arguments, environment)
            self._running.append(program)
        return program

    def end(self, programs: Iterable[Program]) -> None:
        """End some of the programs."""
        self._end(programs)
        self._running = [program for program in self._running if not program.ended]

    def echo(self) -> None:
        """Copy the output of all programs to standard error from now on."""
        for program in self._running:
            program.echo = True

    def check(self) -> None:
        """Check that all programs are running.

        :raises ProgramEndedError: with the output of the program that has ended.
        """
        for program in self._running:
            if program.ended:
                raise ProgramEndedError(f"{program.name} has ended unexpectedly.\n{program.output()}")

    def _end(self, programs: Iterable[Program]) -> None:
        ending = list(programs)
        for program in ending:
            program.terminate()
        until = time.monotonic() + STOP_TIMEOUT
        for program in ending:
            program.wait(until - time.monotonic())


def inherited() -> dict[str, str]:
    """Return the variables that a program inherits; settings of another service in the shell are not among them."""
    kept = {name: value for name, value in os.environ.items() if name in _INHERITED}
    return {**kept, "PYTHONUNBUFFERED": "1"}


class _Interrupt:
    deferred = False
    pending = False


def install_signal_handlers() -> None:
    """Raise KeyboardInterrupt on each of the signals."""
    for number in _SIGNALS:
        signal.signal(number, _on_signal)


@contextmanager
def _deferred_interrupts() -> Iterator[None]:
    """Defer an interruption until the block ends, so that no started program is missing from the list to end."""
    _Interrupt.deferred = True
    try:
        yield
    finally:
        _Interrupt.deferred = False
    if _Interrupt.pending:
        raise KeyboardInterrupt


def _on_signal(*_: object) -> None:
    _Interrupt.pending = True
    if not _Interrupt.deferred:
        raise KeyboardInterrupt
