"""The programs that the demo starts, and their end: whatever happens, none of them is left running."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from demo import interrupts

FOLDER = Path(__file__).resolve().parent.parent
PATIENCE = 10
"""Seconds that all programs together have to end by themselves."""

_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONDONTWRITEBYTECODE")
_REMEMBERED = 200


class ProgramEndedError(Exception):
    """A program has ended that should run, or does not get ready."""


class Program:
    """A Python module of the project, running in a process group of its own.

    What it writes is remembered, and passed on to standard error while `aloud`.
    """

    def __init__(self, name: str, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self.name = name
        self.aloud = False
        self._lines: deque[str] = deque(maxlen=_REMEMBERED)
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
        """Whether it has ended."""
        return self._process.poll() is not None

    def written(self) -> str:
        """Give what it has written, the end of it where that is long."""
        self._reader.join(timeout=1 if self.ended else 0)
        return "".join(self._lines)

    def ask_to_end(self) -> None:
        """Send SIGTERM to it and whatever it has started."""
        self._signal(signal.SIGTERM)

    def end(self, seconds: float) -> None:
        """Wait that long for its end, then make it end."""
        try:
            self._process.wait(max(seconds, 0.1))
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._process.wait()

    def _signal(self, number: int) -> None:
        # Once it has ended, its number may be somebody else's.
        if not self.ended:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def _read(self) -> None:
        if self._process.stdout is None:
            return
        with self._process.stdout as lines:
            for line in lines:
                self._lines.append(line)
                if self.aloud:
                    sys.stderr.write(line)
                    sys.stderr.flush()


class Programs:
    """All of them; they end when the block does."""

    def __init__(self) -> None:
        self._running: list[Program] = []

    def __enter__(self) -> Self:
        """Begin with none."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all, those first that were started last."""
        interrupts.ignore()
        self._end(self._running[::-1])

    def start(self, name: str, *arguments: str, **environment: str) -> Program:
        """Start a module."""
        with interrupts.held():
            program = Program(name, arguments, environment)
            self._running.append(program)
        return program

    def end(self, programs: Iterable[Program]) -> None:
        """End some of them before the others."""
        self._end(programs)
        self._running = [program for program in self._running if not program.ended]

    def speak(self) -> None:
        """Pass on what they write from now on."""
        for program in self._running:
            program.aloud = True

    def check(self) -> None:
        """See that all are still there.

        :raises ProgramEndedError: with what the program has written.
        """
        for program in self._running:
            if program.ended:
                raise ProgramEndedError(f"{program.name} has ended unexpectedly.\n{program.written()}")

    def _end(self, programs: Iterable[Program]) -> None:
        ending = list(programs)
        for program in ending:
            program.ask_to_end()
        until = time.monotonic() + PATIENCE
        for program in ending:
            program.end(until - time.monotonic())


def inherited() -> dict[str, str]:
    """Give what a program needs of our environment: settings of another service that a shell has must not reach it."""
    kept = {name: value for name, value in os.environ.items() if name in _INHERITED or name.startswith("COVERAGE_")}
    return {**kept, "PYTHONUNBUFFERED": "1"}
