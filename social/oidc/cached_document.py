"""What a provider publishes (its signing keys, its configuration): fetched rarely, kept through its outages."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from jwt.exceptions import PyJWTError
from social_core.exceptions import SocialAuthBaseException

from shared.contract.errors import ProviderUnavailable
from social.network import deadline
from social.network.transport import RETRY_AFTER

FRESH_FOR = 24 * 60 * 60.0
"""Seconds for which a document is not asked for again."""
REFETCHED_AT_MOST_EVERY = 60.0
"""Seconds between two fetches of one that is there but does not do: a storm of made-up key ids costs one."""

WORTH_WAITING = 0.5
"""Seconds to wait for somebody else's fetch of a document that is there but does not do."""

T = TypeVar("T")


class Published(Generic[T]):
    """One document of a provider's, as this process knows it."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._lock = threading.Lock()
        self._known: T | None = None
        self._fetched_at = self._tried_at = float("-inf")

    def get(self, fetch: Callable[[], T], *, will_do: Callable[[T], bool] = lambda _: True) -> T:
        """Give the document, from memory where that will do.

        :param fetch: gets it from the provider and reads it.
        :param will_do: whether what is known serves this caller; if not it is fetched anew, rarely.
        :raises ProviderUnavailable: there is none and it cannot be had, whatever the cause.
        """
        known = self._known
        if known is not None and will_do(known):
            if time.monotonic() - self._fetched_at <= FRESH_FOR or not self._lock.acquire(blocking=False):
                return known  # also while another caller is fetching it anew
        else:
            self._wait(known)
        try:
            return self._refreshed(fetch, will_do)
        finally:
            self._lock.release()

    def has(self, will_do: Callable[[T], bool]) -> bool:
        """Say whether what is known serves a caller and is fresh, so that nobody is asked."""
        known = self._known
        return known is not None and time.monotonic() - self._fetched_at <= FRESH_FOR and will_do(known)

    def _wait(self, known: T | None) -> None:
        """Take the lock: many may wait for the first fetch, none longer than its own sign-in may take.

        Where only this caller's key is missing it is not worth much waiting: callers with made-up ones would hold
        the places that callers with good ones need.
        """
        try:
            left = deadline.remaining()
            taken = self._lock.acquire(timeout=left if known is None else min(left, WORTH_WAITING))
        except TimeoutError:
            taken = False
        if not taken:
            raise ProviderUnavailable(RETRY_AFTER)

    def _refreshed(self, fetch: Callable[[], T], will_do: Callable[[T], bool]) -> T:
        now, known = time.monotonic(), self._known
        if known is not None:
            fresh = will_do(known) and now - self._fetched_at <= FRESH_FOR
            if fresh or now - self._tried_at < REFETCHED_AT_MOST_EVERY:
                return known
        self._tried_at = now
        try:
            self._known = fetch()
        except (SocialAuthBaseException, PyJWTError, ValueError, TypeError, AttributeError, KeyError) as error:
            if known is not None:
                return known  # the last good one serves through the outage
            raise ProviderUnavailable(RETRY_AFTER) from error
        self._fetched_at = now
        return self._known
