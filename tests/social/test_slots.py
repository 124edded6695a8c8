"""docs/threats.md, row 23: the concurrency limits of one provider and of all providers together."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, TypeAlias

import pytest
from django.test import override_settings

from shared.contract.errors import ProviderUnavailable
from social import signals
from social.conf import conf
from social.network import concurrency
from social.network.concurrency import limit_concurrency

pytestmark = pytest.mark.threat(23)

Occupy: TypeAlias = Callable[[str, int], int]


@contextmanager
def bounds(limit: int, total: int | None) -> Iterator[None]:
    """Set the limit of each provider and of all providers together."""
    with override_settings(PROVIDER_CONCURRENCY=limit, PROVIDER_CONCURRENCY_TOTAL=total):
        yield


@pytest.fixture(autouse=True)
def short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the wait for a slot that is never released."""
    monkeypatch.setattr(concurrency, "WAIT_SECONDS", 0.01)


@pytest.fixture
def occupy() -> Iterator[Occupy]:
    """Return a function that occupies slots of a provider until the end and returns how many it got."""
    with ExitStack() as stack:

        def enter(provider: str, callers: int) -> int:
            for accepted in range(callers):
                try:
                    stack.enter_context(limit_concurrency(provider))
                except ProviderUnavailable:
                    return accepted
            return callers

        yield enter


@pytest.fixture
def refusals() -> Iterator[list[str]]:
    """Return the providers that refused a call because of their limit."""
    providers: list[str] = []

    def receive(provider: str, **rest: Any) -> None:
        providers.append(provider)

    signals.concurrency_limit_reached.connect(receive)
    yield providers
    signals.concurrency_limit_reached.disconnect(receive)


@contextmanager
def queue(occupy: Occupy, provider: str) -> Iterator[None]:
    """Occupy all four slots of a provider while a fifth caller waits for one."""
    limit = concurrency._limit_of(provider, 4)

    def wait() -> None:
        with limit_concurrency(provider):
            pass

    caller = threading.Thread(target=wait)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(concurrency, "WAIT_SECONDS", 30)
        assert occupy(provider, 4) == 4
        caller.start()
        # The counter is only read: if this acquired the semaphore, the caller could find none and give up.
        while limit._waiting._value:
            assert caller.is_alive()
            time.sleep(0.001)
        try:
            yield
        finally:
            limit._calls.release()
            caller.join()
            assert limit._calls.acquire(blocking=False)


@pytest.mark.parametrize("total", [None, 1, 5, 7])
def test_one_provider_gets_its_own_limit(occupy: Occupy, refusals: list[str], total: int | None) -> None:
    """A single provider gets its own limit, whatever the total limit."""
    with bounds(4, total):
        assert occupy("facebook", 9) == 4
        assert refusals == ["facebook"]


@pytest.mark.parametrize("total", [None, 1, 5, 7])
def test_a_quarter_as_many_callers_may_wait(occupy: Occupy, refusals: list[str], total: int | None) -> None:
    """A further caller is refused at once; the waiting caller gets the released slot."""
    with bounds(4, total):
        with queue(occupy, "facebook"):
            assert occupy("facebook", 1) == 0
        assert refusals == ["facebook"]


def test_two_hanging_providers_share_the_total(occupy: Occupy, refusals: list[str]) -> None:
    """The second provider gets the rest of the total and a third nothing, and each refusal is signalled."""
    with bounds(4, 7):
        assert (occupy("facebook", 4), occupy("github", 4), occupy("twitter", 1)) == (4, 3, 0)
        assert refusals == ["github", "twitter"]


def test_a_hanging_provider_leaves_slots_to_another(occupy: Occupy) -> None:
    """The slots and waiting callers of one provider leave the rest of the total to another."""
    with bounds(4, 9), queue(occupy, "facebook"):
        assert occupy("github", 9) == 4


def test_waiting_callers_count_in_the_total(occupy: Occupy) -> None:
    """A waiting caller occupies a thread, so it counts in the total."""
    with bounds(4, 6):
        with queue(occupy, "facebook"):
            assert occupy("github", 4) == 1
        assert occupy("github", 4) == 1, "a caller that no longer waits does not count"


def test_a_released_slot_is_free_for_every_provider(occupy: Occupy) -> None:
    """A call that ends, with or without an error, frees its slot of the total."""
    with bounds(4, 5):
        assert occupy("facebook", 4) == 4
        for _ in range(3):
            with pytest.raises(ZeroDivisionError), limit_concurrency("github"):
                raise ZeroDivisionError
        assert occupy("twitter", 2) == 1


def test_a_refused_caller_is_not_counted(occupy: Occupy) -> None:
    """Refused calls do not change the number of free slots."""
    with bounds(4, 6):
        assert occupy("facebook", 4) == 4
        for _ in range(9):
            assert occupy("facebook", 1) == 0
        assert occupy("github", 4) == 2


def test_without_a_total_each_provider_has_its_own_limit(occupy: Occupy) -> None:
    """A project that does not set the number of threads has no total limit."""
    with bounds(4, None):
        assert [occupy(provider, 9) for provider in ("facebook", "github", "twitter")] == [4, 4, 4]


@pytest.mark.parametrize(("threads", "left"), [(1, 1), (2, 1), (8, 1), (32, 4), (128, 16)])
def test_the_total_follows_from_the_threads(threads: int, left: int) -> None:
    """The total is seven eighths of the threads, or all but one."""
    with override_settings(THREADS=threads):
        assert conf.provider_concurrency_total == threads - left
