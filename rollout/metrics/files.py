"""The figures that the workers have written, those that are gone included."""

from collections.abc import Iterable
from pathlib import Path

from prometheus_client import Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from rollout.metrics.directory import held

ENDED = "ended"
"""Stands for the process id in the name of the files that hold the figures of all workers that are gone."""
_ADDED_UP = ("counter", "histogram")


def collect(directory: Path) -> Iterable[Metric]:
    """Give the figures of all workers together."""
    with held(directory):
        # A worker makes a file empty and then gives it its size.
        files = [str(file) for file in sorted(directory.glob("*.db")) if file.stat().st_size]
        return list(MultiProcessCollector.merge(files))


def fold(directory: Path, pid: int) -> None:
    """Add the figures of a worker that is gone to those of its predecessors.

    Its files would otherwise stay for ever, and each scrape would read those of every worker that there has been.
    """
    with held(directory, alone=True):
        mark_process_dead(pid, str(directory))
        for kind in _ADDED_UP:
            gone = directory / f"{kind}_{pid}.db"
            if gone.exists():
                if gone.stat().st_size:
                    _add(gone, directory / f"{kind}_{ENDED}.db")
                gone.unlink()


def _add(gone: Path, to: Path) -> None:
    total = MmapedDict(str(to))
    try:
        for key, value, _, _ in MmapedDict.read_all_values_from_file(str(gone)):
            before, _ = total.read_value(key)
            total.write_value(key, before + value, 0.0)
    finally:
        total.close()
