"""How many calls to providers are under way in this process; providers that hang must not take every thread.

One alone is bounded by its places and by how many wait for one. What several take together is bounded as well: a
caller who is over that finds no place, however many the provider has left.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from typing import TypeVar

from shared.contract.errors import ProviderUnavailable
from social import signals
from social.conf import conf

WAIT_SECONDS = 1.0
_lock = threading.Lock()
_places: dict[tuple[str, int], "_Places"] = {}


@contextmanager
def slot(provider: str) -> Iterator[None]:
    """Hold one of the provider's places for the time of a sign-up's calls.

    :raises ProviderUnavailable: when none gets free within a second, enough callers wait for one already, or those at
        all providers are as many as there may be.
    """
    places = _of(provider, conf.provider_concurrency)
    if not places.take():
        signals.place_refused.send_robust(sender=None, provider=provider)
        raise ProviderUnavailable
    try:
        yield
    finally:
        places.give_back()


class _Callers:
    """Those who have a place at some provider, or wait for one: each of them has a thread that others lack."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def let_in(self, most: int | None) -> bool:
        with self._lock:
            if most is not None and self._count >= most:
                return False
            self._count += 1
            return True

    def let_go(self) -> None:
        with self._lock:
            self._count -= 1


_callers = _Callers()


class _Places:
    """The places at one provider, and those who wait for one."""

    def __init__(self, count: int) -> None:
        may_wait = max(1, count // 4)
        self._callers = count + may_wait
        self._free = threading.BoundedSemaphore(count)
        self._may_wait = threading.BoundedSemaphore(may_wait)

    def take(self) -> bool:
        total = conf.provider_concurrency_total
        # Never fewer than one provider may have by itself: the operator has said how many these are.
        if not _callers.let_in(None if total is None else max(total, self._callers)):
            return False
        taken = self._free.acquire(blocking=False) or self._wait()
        if not taken:
            _callers.let_go()
        return taken

    def give_back(self) -> None:
        self._free.release()
        _callers.let_go()

    def _wait(self) -> bool:
        if not self._may_wait.acquire(blocking=False):
            return False
        try:
            return self._free.acquire(timeout=WAIT_SECONDS)
        finally:
            self._may_wait.release()


def _of(provider: str, places: int) -> _Places:
    key = (provider, places)
    with _lock:
        if key not in _places:
            _places[key] = _Places(places)
        return _places[key]


T = TypeVar("T")
P = TypeVar("P")


def together(check: Callable[[], T], profile: Callable[[], P]) -> tuple[T, P]:
    """Make both calls and give both answers; the check's failure is told first.

    A thread of its own, not a pool's: calls that hang at one provider would keep another's waiting for a place.
    It is waited for in any case: a sign-up leaves no call behind that `PROVIDER_CONCURRENCY` would not see.

    :raises ProviderUnavailable: there is no thread to be had.
    :raises Exception: what either call raises.
    """
    answers: list[P] = []
    failures: list[Exception] = []

    def ask() -> None:
        try:
            answers.append(profile())
        except Exception as error:  # noqa: BLE001 - raised below, in the thread that asked
            failures.append(error)

    asking = threading.Thread(target=copy_context().run, args=(ask,), daemon=True)
    try:
        asking.start()
    except RuntimeError as error:  # the process has no thread left
        raise ProviderUnavailable from error
    try:
        checked = check()
    finally:
        asking.join()  # the deadline of the sign-up ends it
    if failures:
        raise failures[0]
    return checked, answers[0]
