"""Where the workers of one run keep their figures for each other: a directory of the run's own.

Imported before the package `prometheus_client`, which looks for `PROMETHEUS_MULTIPROC_DIR` once.
"""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_LOCK = "lock"
PATIENCE = 1.0
"""Seconds that gunicorn's master waits for readers, who take some thousandths of one."""


def make() -> Path:
    """Make a new one, open to this user alone, for this process and those that it will start."""
    made = Path(tempfile.mkdtemp(prefix="tandem-metrics-"))
    (made / _LOCK).touch(mode=0o600)
    os.environ[VARIABLE] = str(made)
    return made


def remove() -> None:
    """Remove it with all that is in it; with what is gone already there is nothing to do."""
    found = os.environ.pop(VARIABLE, None)
    if found is not None:
        shutil.rmtree(found, ignore_errors=True)


def current() -> Path | None:
    """Give the one of this run; None where one process keeps its figures to itself."""
    found = os.environ.get(VARIABLE)
    return Path(found) if found else None


@contextmanager
def held(directory: Path, *, alone: bool = False) -> Iterator[None]:
    """Hold the directory while its files are read, or `alone` while some of them are folded into others.

    The lock goes with the process that holds it, however that ends.

    :raises TimeoutError: it cannot be had alone in time; whoever folds has other things to do than to wait.
    """
    with (directory / _LOCK).open("rb") as lock:
        if alone:
            _lock_alone(lock.fileno())
        else:
            fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def _lock_alone(lock: int) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > until:
                raise TimeoutError from error
            time.sleep(0.001)
        else:
            return
