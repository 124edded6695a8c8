"""docs/threats.md, row 23: how many sign-ups are at one provider, and at all of them together."""

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

Come: TypeAlias = Callable[[str, int], int]


@contextmanager
def bounds(places: int, total: int | None) -> Iterator[None]:
    """So many places at each provider, and so many callers at all of them."""
    with override_settings(PROVIDER_CONCURRENCY=places, PROVIDER_CONCURRENCY_TOTAL=total):
        yield


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for a place that nobody gives back."""
    monkeypatch.setattr(concurrency, "WAIT_SECONDS", 0.01)


@pytest.fixture
def come() -> Iterator[Come]:
    """Start callers that keep their slot of a provider until the end; return how many got one."""
    with ExitStack() as staying:

        def enter(provider: str, callers: int) -> int:
            for let_in in range(callers):
                try:
                    staying.enter_context(limit_concurrency(provider))
                except ProviderUnavailable:
                    return let_in
            return callers

        yield enter


@pytest.fixture
def refused() -> Iterator[list[str]]:
    """The providers at which somebody was told that there is no place."""
    heard: list[str] = []

    def hear(provider: str, **rest: Any) -> None:
        heard.append(provider)

    signals.concurrency_limit_reached.connect(hear)
    yield heard
    signals.concurrency_limit_reached.disconnect(hear)


@contextmanager
def queue(come: Come, provider: str) -> Iterator[None]:
    """Occupy all four slots of a provider while a fifth caller waits for one."""
    limit = concurrency._limit_of(provider, 4)

    def wait() -> None:
        with limit_concurrency(provider):
            pass

    caller = threading.Thread(target=wait)
    with pytest.MonkeyPatch.context() as patience:
        patience.setattr(concurrency, "WAIT_SECONDS", 30)
        assert come(provider, 4) == 4
        caller.start()
        # Looked at and not taken: the caller could find it taken, and go.
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
def test_one_provider_alone_has_its_places(come: Come, refused: list[str], total: int | None) -> None:
    """Whatever all of them together may have."""
    with bounds(4, total):
        assert come("facebook", 9) == 4
        assert refused == ["facebook"]


@pytest.mark.parametrize("total", [None, 1, 5, 7])
def test_a_quarter_as_many_wait(come: Come, refused: list[str], total: int | None) -> None:
    """The next one is refused at once; whoever waits gets the place that is given back."""
    with bounds(4, total):
        with queue(come, "facebook"):
            assert come("facebook", 1) == 0
        assert refused == ["facebook"]


def test_two_that_hang_leave_the_rest(come: Come, refused: list[str]) -> None:
    """The second provider gets what is left of the total, and a third nothing; each is told so."""
    with bounds(4, 7):
        assert (come("facebook", 4), come("github", 4), come("twitter", 1)) == (4, 3, 0)
        assert refused == ["github", "twitter"]


def test_one_that_hangs_leaves_another_its_share(come: Come) -> None:
    """With those who wait at the first, the second has as many as there are up to the total."""
    with bounds(4, 9), queue(come, "facebook"):
        assert come("github", 9) == 4


def test_who_waits_has_a_thread_as_well(come: Come) -> None:
    """Callers in the queue of one provider count in the total like those who ask."""
    with bounds(4, 6):
        with queue(come, "facebook"):
            assert come("github", 4) == 1
        assert come("github", 4) == 1, "who waits no more is counted no more"


def test_a_place_that_is_given_back_is_anybodys(come: Come) -> None:
    """Whoever has ended, well or not, leaves room for a caller of any provider."""
    with bounds(4, 5):
        assert come("facebook", 4) == 4
        for _ in range(3):
            with pytest.raises(ZeroDivisionError), limit_concurrency("github"):
                raise ZeroDivisionError
        assert come("twitter", 2) == 1


def test_a_refused_caller_is_not_counted(come: Come) -> None:
    """However many are turned away, there are as many places as before."""
    with bounds(4, 6):
        assert come("facebook", 4) == 4
        for _ in range(9):
            assert come("facebook", 1) == 0
        assert come("github", 4) == 2


def test_a_project_that_says_nothing_of_its_threads(come: Come) -> None:
    """Without a total each provider is bounded by itself."""
    with bounds(4, None):
        assert [come(provider, 9) for provider in ("facebook", "github", "twitter")] == [4, 4, 4]


@pytest.mark.parametrize(("threads", "left"), [(1, 1), (2, 1), (8, 1), (32, 4), (128, 16)])
def test_the_total_follows_from_the_threads(threads: int, left: int) -> None:
    """All providers together get seven eighths of the threads, or all but one."""
    with override_settings(THREADS=threads):
        assert conf.provider_concurrency_total == threads - left
