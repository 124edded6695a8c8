"""Processes of a run: started, waited for, looked at, and ended by their numbers, whatever happens."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
READY_WITHIN = 120
"""Seconds until a process must answer, on a machine with much else to do."""
_ENDED_WITHIN = 40
_INHERITED = {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR"}


class ProcessError(Exception):
    """A process has ended that should run, does not get ready, or fails."""


@contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str], log: Path, *, folder: Path = ROOT
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a command in a process group of its own until the block ends; its output goes into a file.

    :raises ProcessError: it has ended by itself.
    """
    with log.open("wb") as stream:
        process = subprocess.Popen(  # noqa: S603 - commands of ours
            list(command),
            cwd=folder,
            env={**inherited(), **environment},
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
        if process.poll() is not None:
            raise ProcessError(f"{command} has ended with {process.returncode}:\n{tail(log)}")
    finally:
        _end(process)


def run(command: Sequence[str], environment: Mapping[str, str], *, folder: Path = ROOT) -> str:
    """Run a command to its end and give its output.

    :raises ProcessError: it fails.
    """
    done = subprocess.run(  # noqa: S603 - commands of ours
        list(command),
        cwd=folder,
        env={**inherited(), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ProcessError(f"{command} fails with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


def await_ready(process: "subprocess.Popen[bytes]", log: Path, ready: Callable[[], bool]) -> None:
    """Wait until it is ready.

    :raises ProcessError: it ends first, or takes too long.
    """
    until = time.monotonic() + READY_WITHIN
    while not ready():
        if process.poll() is not None:
            raise ProcessError(f"it has ended with {process.returncode}:\n{tail(log)}")
        if time.monotonic() > until:
            raise ProcessError(f"it is not ready after {READY_WITHIN} s:\n{tail(log)}")
        time.sleep(0.05)


def children(pid: int) -> list[int]:
    """Give the processes that one has started; none of one that has ended."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [int(child) for child in listed.split()]


def descendants(pid: int) -> list[int]:
    """Give the processes that one has started, and those that they have."""
    started = children(pid)
    return [*started, *(further for child in started for further in descendants(child))]


def cpu_seconds(pid: int) -> float:
    """Give the CPU time, user and system, that all threads of a process have taken, ended ones included.

    The kernel's clock of the process (clock_getcpuclockid(3)); /proc/PID/stat has the same in steps of 10 ms.

    :raises OSError: there is no such process.
    """
    return time.clock_gettime((~pid << 3) | 2)


def free_port() -> int:
    """Give a port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listens(port: int) -> bool:
    """Say whether somebody takes connections there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def inherited() -> dict[str, str]:
    """Give what a process needs of our environment: another service's settings in a shell must not reach it."""
    return {name: value for name, value in os.environ.items() if name in _INHERITED}


def tail(log: Path) -> str:
    """Give the end of what a process has written."""
    return log.read_text(encoding="utf-8", errors="replace")[-4000:]


def _end(process: "subprocess.Popen[bytes]") -> None:
    # It and its children, in one group; once all have ended, the number may be somebody else's.
    for number, patience in ((signal.SIGTERM, _ENDED_WITHIN), (signal.SIGKILL, None)):
        if process.poll() is not None:
            break
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            sys.stderr.write(f"SIGTERM did not end process {process.pid}\n")


@contextmanager
def running_redis(folder: Path) -> Iterator[str]:
    """Run an empty one, and give its URL.

    :raises ProcessError: it is not installed.
    """
    program = shutil.which("redis-server")
    if program is None:
        raise ProcessError("redis-server is not installed: more than one process of Tandem needs it")
    port, log = free_port(), folder / "redis.log"
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with running(command, {}, log, folder=folder) as process:
        await_ready(process, log, lambda: listens(port))
        yield f"redis://127.0.0.1:{port}/0"
