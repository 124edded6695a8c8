"""Where the workers of one run keep their figures for each other: a directory of the run's own.

Imported before the package `prometheus_client`, which looks for `PROMETHEUS_MULTIPROC_DIR` once.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_LOCK = "lock"


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
    """
    with (directory / _LOCK).open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
