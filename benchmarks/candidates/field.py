"""All that can be measured, and a choice of it."""

from collections.abc import Callable, Collection

from benchmarks.candidates.candidate import Candidate
from benchmarks.candidates.peer import peers
from benchmarks.candidates.tandem import tandems
from benchmarks.candidates.yardstick import yardstick


def chosen(names: Collection[str]) -> list[Candidate]:
    """Give the yardstick, Tandem by each of its mounts, and the peers, in the order of the tables.

    :param names: of some of them; `tandem` stands for all mounts, none for everybody.
    :raises ValueError: one is unknown.
    """
    mounted = tandems()
    everybody: dict[str, Callable[[], Candidate]] = {
        "yardstick": yardstick,
        **{one.name: lambda one=one: one for one in mounted},
        **peers(),
    }
    wanted = set(names) | {one.name for one in mounted if "tandem" in names} - {"tandem"}
    if unknown := wanted - set(everybody) - {"tandem"}:
        raise ValueError(f"no candidate {', '.join(sorted(unknown))}; there are {', '.join(everybody)}")
    return [make() for name, make in everybody.items() if not names or name in wanted]
