"""How many calls to one provider are under way in this process; a hung provider must not take every thread."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from shared.errors import ProviderUnavailable
from social import signals
from social.conf import conf

WAIT_SECONDS = 1.0
_lock = threading.Lock()
_places: dict[tuple[str, int], "_Places"] = {}


@contextmanager
def slot(provider: str) -> Iterator[None]:
    """Hold one of the provider's places for the time of a sign-up's calls.

    :raises ProviderUnavailable: when none gets free within a second, or enough callers wait for one already.
    """
    places = _of(provider, conf.provider_concurrency)
    if not places.take():
        signals.place_refused.send_robust(sender=None, provider=provider)
        raise ProviderUnavailable
    try:
        yield
    finally:
        places.give_back()


class _Places:
    """The places at one provider, and those who wait for one: each of them has a thread that others lack."""

    def __init__(self, count: int) -> None:
        self._free = threading.BoundedSemaphore(count)
        self._may_wait = threading.BoundedSemaphore(max(1, count // 4))

    def take(self) -> bool:
        if self._free.acquire(blocking=False):
            return True
        if not self._may_wait.acquire(blocking=False):
            return False
        try:
            return self._free.acquire(timeout=WAIT_SECONDS)
        finally:
            self._may_wait.release()

    def give_back(self) -> None:
        self._free.release()


def _of(provider: str, places: int) -> _Places:
    with _lock:
        return _places.setdefault((provider, places), _Places(places))
