"""All that can be measured, and a choice of it."""

from collections.abc import Collection

from benchmarks.candidates.candidate import Candidate
from benchmarks.candidates.peer import peers
from benchmarks.candidates.tandem import tandems
from benchmarks.candidates.yardstick import yardstick


def chosen(names: Collection[str]) -> list[Candidate]:
    """Give the yardstick, Tandem by each of its mounts, and the peers, in the order of the tables.

    :param names: of some of them; `tandem` stands for all mounts, none for everybody.
    :raises ValueError: one is unknown.
    """
    versions = {one.name: one for one in tandems()}
    others = {"yardstick": yardstick, **peers()}
    known = ["yardstick", *versions, *peers()]
    wanted = {name for one in names for name in (versions if one == "tandem" else [one])} or set(known)
    if unknown := wanted - set(known):
        raise ValueError(f"no candidate {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    return [versions[name] if name in versions else others[name]() for name in known if name in wanted]
