"""The directory in which the workers of one run keep their metrics, so that one of them can show those of all.

It is created before `prometheus_client` is imported, which reads PROMETHEUS_MULTIPROC_DIR once; so that package is
imported in functions only.
"""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client import Metric

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
ENDED = "ended"
"""In place of the process id in the names of the files with the metrics of ended workers."""
MAX_WAIT = 1.0
"""Seconds that gunicorn's master waits for readers, and they for it; both take a few milliseconds."""
_LOCK = "lock"
_SUMMED = ("counter", "histogram")
_KINDS = frozenset({*_SUMMED, "gauge", "summary"})
"""With what the names of the client library's files begin."""
_created: Path | None = None
"""Not what the environment names, which may be a directory of the operator's; forked workers have it too."""


def create() -> Path:
    """Create the directory, readable by this user only, for this process and those that it will start."""
    global _created  # noqa: PLW0603 - one a run
    _created = path = Path(tempfile.mkdtemp(prefix="tandem-metrics-"))
    (path / _LOCK).touch(mode=0o600)
    os.environ[VARIABLE] = str(path)
    return path


def remove() -> None:
    """Remove the directory and its files, if `create` has made one."""
    global _created  # noqa: PLW0603 - one a run
    if _created is not None:
        os.environ.pop(VARIABLE, None)
        shutil.rmtree(_created, ignore_errors=True)
        _created = None


def current() -> Path | None:
    """Return the directory of this run, or None if `create` has made none: each process shows its own metrics."""
    return _created


def collect(directory: Path) -> "Iterable[Metric]":
    """Return the metrics of all workers together, those of ended workers included.

    :raises TimeoutError: the files are being folded for too long.
    """
    from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415 - see above

    with locked(directory):
        # A worker creates an empty file before it sets its size.
        files = [str(file) for file in sorted(directory.glob("*.db")) if file.stat().st_size]
        return list(MultiProcessCollector.merge(files))


def fold(directory: Path, living: Collection[int]) -> None:
    """Add the metrics of ended workers to those of their predecessors, and delete their files.

    Otherwise the files would stay for ever, and each scrape would read those of every worker that there has been.

    :param living: the process ids of the workers.
    :raises TimeoutError: a reader holds the lock for too long. The files are read until they are folded the next time.
    """
    with locked(directory, exclusive=True):
        for file in sorted(directory.glob("*.db")):
            kind, _, pid = file.stem.rpartition("_")
            if kind.partition("_")[0] not in _KINDS or not pid.isdecimal() or int(pid) in living:
                continue
            if kind in _SUMMED and file.stat().st_size:
                _add(file, directory / f"{kind}_{ENDED}.db")
            file.unlink()


@contextmanager
def locked(directory: Path, *, exclusive: bool = False) -> Iterator[None]:
    """Lock the directory to read its files, or exclusively to fold some of them.

    The lock ends with the process that holds it, however the process ends.

    :raises TimeoutError: the lock was not free within MAX_WAIT.
    """
    until, kind = time.monotonic() + MAX_WAIT, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
    with (directory / _LOCK).open("rb") as lock:
        while True:
            try:
                fcntl.flock(lock, kind | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > until:
                    raise TimeoutError from error
                time.sleep(0.001)
        yield


def _add(ended: Path, to: Path) -> None:
    from prometheus_client.mmap_dict import MmapedDict  # noqa: PLC0415 - see above

    total = MmapedDict(str(to))
    try:
        for key, value, _, _ in MmapedDict.read_all_values_from_file(str(ended)):
            before, _ = total.read_value(key)
            total.write_value(key, before + value, 0.0)
    finally:
        total.close()
