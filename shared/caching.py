"""Caching of values that are expensive to make."""

from collections.abc import Callable
from functools import cache, wraps
from threading import RLock
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def cache_once(function: Callable[P, T]) -> Callable[P, T]:
    """Cache a function's results like `functools.cache`, which lets simultaneous first calls each make the value.

    With this decorator one of them makes it, and the others wait.
    """
    cached, lock = cache(function), RLock()

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        with lock:
            return cached(*args, **kwargs)

    return call
