"""Processes of a benchmark run: started, awaited, measured and ended."""

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
READY_TIMEOUT = 120
"""Seconds until a process must be ready, on a busy machine."""
_TERMINATION_TIMEOUT = 40
_INHERITED = {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR"}
"""Variables that every process needs; others could be settings of another service."""


class ProcessError(Exception):
    """A process has failed, has ended unexpectedly, or is not ready in time."""


@contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str], log: Path, *, folder: Path = ROOT
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a command in a process group of its own until the block ends.

    :param log: the file for its output.
    :raises ProcessError: it has ended before.
    """
    with log.open("wb") as stream:
        process = subprocess.Popen(  # noqa: S603 - our own commands
            list(command),
            cwd=folder,
            env=environment_of(environment),
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


def run_command(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """Run a command to its end and return its output.

    :raises ProcessError: it fails.
    """
    done = subprocess.run(  # noqa: S603 - our own commands
        list(command),
        cwd=ROOT,
        env=environment_of(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ProcessError(f"{command} fails with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


@contextmanager
def running_redis(folder: Path) -> Iterator[str]:
    """Run an empty Redis server until the block ends; yield its URL.

    :raises ProcessError: it is not installed.
    """
    program = shutil.which("redis-server")
    if program is None:
        raise ProcessError("redis-server is not installed; Tandem needs it with more than one process")
    port, log = free_port(), folder / "redis.log"
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with running(command, {}, log, folder=folder) as process:
        await_ready(process, log, lambda: is_listening(port))
        yield f"redis://127.0.0.1:{port}/0"


def await_ready(process: "subprocess.Popen[bytes]", log: Path, is_ready: Callable[[], bool]) -> None:
    """Wait until a process is ready.

    :raises ProcessError: it ends first, or takes too long.
    """
    until = time.monotonic() + READY_TIMEOUT
    while not is_ready():
        if process.poll() is not None:
            raise ProcessError(f"the process has ended with {process.returncode}:\n{tail(log)}")
        if time.monotonic() > until:
            raise ProcessError(f"the process is not ready after {READY_TIMEOUT} s:\n{tail(log)}")
        time.sleep(0.05)


def children(pid: int) -> list[int]:
    """Return the ids of a process's children, none if it has ended."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [int(child) for child in listed.split()]


def descendants(pid: int) -> list[int]:
    """Return the ids of a process's children, their children, and so on."""
    started = children(pid)
    return [*started, *(further for child in started for further in descendants(child))]


def cpu_seconds(pid: int) -> float:
    """Return the CPU time, user and system, of all threads of a process, ended threads included.

    It reads the kernel's clock of the process (clock_getcpuclockid(3)); /proc/PID/stat counts in steps of 10 ms.

    :raises OSError: there is no such process.
    """
    return time.clock_gettime((~pid << 3) | 2)


def free_port() -> int:
    """Return a port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_listening(port: int) -> bool:
    """Return True if a port of this machine accepts connections."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def tail(log: Path) -> str:
    """Return the end of a log file."""
    return log.read_text(encoding="utf-8", errors="replace")[-4000:]


def environment_of(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a process: these variables, and those that every process needs."""
    return {**{name: value for name, value in os.environ.items() if name in _INHERITED}, **variables}


def _end(process: "subprocess.Popen[bytes]") -> None:
    # Never signal a process that has been waited for: its id may belong to another one.
    for number, timeout in ((signal.SIGTERM, _TERMINATION_TIMEOUT), (signal.SIGKILL, None)):
        if process.poll() is not None:
            break
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            sys.stderr.write(f"SIGTERM did not end process {process.pid}\n")
