"""The figures that the workers have written, those that are gone included."""

from collections.abc import Collection, Iterable
from pathlib import Path

from prometheus_client import Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector

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


def fold(directory: Path, living: Collection[int]) -> None:
    """Add the figures of workers that are gone to those of their predecessors.

    Their files would otherwise stay for ever, and each scrape would read those of every worker that there has been.

    :param living: the process ids of the workers that there are.
    :raises TimeoutError: somebody reads for too long; they are folded the next time, and counted until then.
    """
    with held(directory, alone=True):
        for file in sorted(directory.glob("*.db")):
            kind, _, pid = file.stem.rpartition("_")
            if not pid.isdecimal() or int(pid) in living:
                continue
            if kind in _ADDED_UP and file.stat().st_size:
                _add(file, directory / f"{kind}_{ENDED}.db")
            file.unlink()


def _add(gone: Path, to: Path) -> None:
    total = MmapedDict(str(to))
    try:
        for key, value, _, _ in MmapedDict.read_all_values_from_file(str(gone)):
            before, _ = total.read_value(key)
            total.write_value(key, before + value, 0.0)
    finally:
        total.close()
