"""Caching of values that are slow to make."""

from collections.abc import Callable
from functools import cache, update_wrapper
from threading import RLock
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class CachedFunction(Generic[P, T]):
    """A function whose results are cached; see `cache_once`."""

    def __init__(self, function: Callable[P, T]) -> None:
        """Start with an empty cache."""
        cached = cache(function)
        self._cached: Callable[P, T] = cached
        self.cache_clear = cached.cache_clear
        self._lock = RLock()
        update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return the cached result; make it first if there is none."""
        with self._lock:
            return self._cached(*args, **kwargs)


def cache_once(function: Callable[P, T]) -> CachedFunction[P, T]:
    """Cache a function's results like `functools.cache`, which lets simultaneous first calls each make the value.

    With this decorator one of them makes it, and the others wait.
    """
    return CachedFunction(function)
