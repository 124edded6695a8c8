"""All that can be measured, and a choice of it."""

from collections.abc import Collection

from benchmarks.candidates.candidate import Candidate
from benchmarks.candidates.peer import peers
from benchmarks.candidates.tandem import tandems
from benchmarks.candidates.yardstick import yardstick


def everyone() -> list[Candidate]:
    """Give the yardstick, Tandem by each of its mounts, and the peers."""
    return [yardstick(), *tandems(), *peers()]


def chosen(names: Collection[str]) -> list[Candidate]:
    """Give some of them, in the order of the tables; all where no names are given.

    :raises ValueError: one is unknown.
    """
    everybody = everyone()
    known = [one.name for one in everybody]
    if unknown := set(names) - set(known):
        raise ValueError(f"no candidate {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    return [one for one in everybody if not names or one.name in names]
