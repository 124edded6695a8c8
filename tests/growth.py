"""The growth of a function's cost with the length of its input.

Most parsers run in C (`re`, `json`, `str` methods), where Python can count neither steps nor characters. The cost is
therefore the CPU time of the thread, and only the ratio of two costs is compared with a bound.
"""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

FACTOR = 8
"""The longer input is so many times as long."""
BOUND = 24
"""Of the ratio: linear time gives 8 at most, quadratic time 64."""
ROUNDS = 6
_RUNS = 3

_Input = TypeVar("_Input")


def growth(call: Callable[[_Input], object], make: Callable[[int], _Input], size: int) -> float:
    """Return the cost for an input of 8 times `size` divided by that for `size`.

    The lowest ratio of several rounds is returned, because other processes can make a round look worse, and the first
    one below the bound, to save time. Only the short input is timed several times: if its cost were overestimated, the
    ratio would look too good.
    """
    short, long = make(size), make(FACTOR * size)
    lowest = float("inf")
    with _without_collection():
        for _ in range(ROUNDS):
            lowest = min(lowest, _seconds(call, long) / _cost(call, short))
            if lowest < BOUND:
                break
    return lowest


def _cost(call: Callable[[_Input], object], value: _Input) -> float:
    return min(_seconds(call, value) for _ in range(_RUNS))


def _seconds(call: Callable[[_Input], object], value: _Input) -> float:
    start = time.thread_time()
    call(value)
    return time.thread_time() - start


@contextmanager
def _without_collection() -> Iterator[None]:
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
