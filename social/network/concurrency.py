"""Limits of concurrent sign-ups at providers, and two calls of one sign-up at the same time."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from typing import TypeVar

from shared.contract.errors import ProviderUnavailable
from social import signals
from social.conf import conf

WAIT_SECONDS = 1.0
_limits_lock = threading.Lock()
_limits: dict[tuple[str, int], "_ProviderLimit"] = {}


@contextmanager
def limit_concurrency(provider: str) -> Iterator[None]:
    """Count a sign-up against the provider's limit and against the total while the context lasts.

    Each sign-up at a provider, calling or waiting, holds a thread of the process. The limits keep providers that hang
    from holding all of them.

    :raises ProviderUnavailable: the provider's limit stays reached for a second, too many sign-ups wait for it
        already, or the total of all providers is reached.
    """
    limit = _limit_of(provider, conf.provider_concurrency)
    if not limit.acquire():
        signals.concurrency_limit_reached.send_robust(sender=None, provider=provider)
        raise ProviderUnavailable(reason="concurrency_limit")
    try:
        yield
    finally:
        limit.release()


class _Total:
    """The number of sign-ups that call or wait for any provider."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def acquire(self, maximum: int | None) -> bool:
        with self._lock:
            if maximum is not None and self._count >= maximum:
                return False
            self._count += 1
            return True

    def release(self) -> None:
        with self._lock:
            self._count -= 1


_total = _Total()


class _ProviderLimit:
    """The limit of one provider: how many sign-ups may call it, and a quarter as many may wait."""

    def __init__(self, calls: int) -> None:
        waiting = max(1, calls // 4)
        self._maximum = calls + waiting
        self._calls = threading.BoundedSemaphore(calls)
        self._waiting = threading.BoundedSemaphore(waiting)

    def acquire(self) -> bool:
        total = conf.provider_concurrency_total
        # A total below one provider's own limit does not apply: the operator has set that limit.
        if not _total.acquire(None if total is None else max(total, self._maximum)):
            return False
        acquired = self._calls.acquire(blocking=False) or self._wait()
        if not acquired:
            _total.release()
        return acquired

    def release(self) -> None:
        self._calls.release()
        _total.release()

    def _wait(self) -> bool:
        if not self._waiting.acquire(blocking=False):
            return False
        try:
            return self._calls.acquire(timeout=WAIT_SECONDS)
        finally:
            self._waiting.release()


def _limit_of(provider: str, calls: int) -> _ProviderLimit:
    key = (provider, calls)
    with _limits_lock:
        if key not in _limits:
            _limits[key] = _ProviderLimit(calls)
        return _limits[key]


T = TypeVar("T")
P = TypeVar("P")


def run_concurrently(check: Callable[[], T], profile: Callable[[], P]) -> tuple[T, P]:
    """Return the results of both calls; raise the check's exception if both fail.

    The profile call gets a new thread. In a thread pool, calls that hang at one provider would delay another's.
    This function always waits for that thread, so that `PROVIDER_CONCURRENCY` bounds all calls in progress.

    :raises ProviderUnavailable: no thread can be started.
    :raises Exception: what either call raises.
    """
    results: list[P] = []
    failures: list[Exception] = []

    def call() -> None:
        try:
            results.append(profile())
        except Exception as error:  # noqa: BLE001 - raised again below, in the caller's thread
            failures.append(error)

    thread = threading.Thread(target=copy_context().run, args=(call,), daemon=True)
    try:
        thread.start()
    except RuntimeError as error:  # the process cannot start another thread
        raise ProviderUnavailable(reason="no_thread") from error
    try:
        checked = check()
    finally:
        thread.join()  # the sign-up's deadline bounds it
    if failures:
        raise failures[0]
    return checked, results[0]
