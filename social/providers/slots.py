"""How many calls to one provider are under way in this process; a hung provider must not take every thread."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from shared.errors import ProviderUnavailable
from social import signals
from social.conf import conf

WAIT_SECONDS = 1.0
_lock = threading.Lock()
_slots: dict[tuple[str, int], threading.BoundedSemaphore] = {}


@contextmanager
def slot(provider: str) -> Iterator[None]:
    """Hold one of the provider's places for the time of a sign-up's calls.

    :raises ProviderUnavailable: when none gets free within a second.
    """
    semaphore = _of(provider, conf.provider_concurrency)
    if not semaphore.acquire(timeout=WAIT_SECONDS):
        signals.place_refused.send_robust(sender=None, provider=provider)
        raise ProviderUnavailable
    try:
        yield
    finally:
        semaphore.release()


def _of(provider: str, places: int) -> threading.BoundedSemaphore:
    with _lock:
        return _slots.setdefault((provider, places), threading.BoundedSemaphore(places))
