"""The cache of one published document of a provider, such as its signing keys or its configuration."""

import math
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
"""Seconds until a document is fetched again."""
MIN_REFETCH_INTERVAL = 60.0
"""Seconds between two fetches of a document that lacks what callers need: many made-up key ids cause one fetch.

It counts from the last fetch of any kind. Until it is over, the provider may have published since what is missing.
"""
MAX_REFETCH_WAIT = 0.5
"""Seconds to wait for another caller's fetch of a document that lacks what this caller needs."""

T = TypeVar("T")


class CachedDocument(Generic[T]):
    """A document as this process fetched it last; it is used past its time while the provider is unavailable."""

    def __init__(self) -> None:
        """Start without a document."""
        self._lock = threading.Lock()
        self._document: T | None = None
        self._fetched_at = self._tried_at = float("-inf")

    def get(self, fetch: Callable[[], T], *, is_sufficient: Callable[[T], bool] = lambda _: True) -> T:
        """Return the document; fetch it first if there is none, if it is old, or if it is not sufficient.

        :param fetch: requests the document from the provider and parses it.
        :param is_sufficient: whether a document contains what this caller needs.
        :return: the document; it is not sufficient only if it was fetched for this caller.
        :raises ProviderUnavailable: there is no sufficient document, and fetching it fails, for any reason, or was
            tried less than `MIN_REFETCH_INTERVAL` ago.
        """
        document = self._document
        if document is not None and is_sufficient(document):
            if time.monotonic() - self._fetched_at <= FRESH_FOR or not self._lock.acquire(blocking=False):
                return document  # also while another caller fetches it again
        else:
            self._acquire_lock(document)
        try:
            return self._refresh(fetch, is_sufficient)
        finally:
            self._lock.release()

    def needs_no_fetch(self, is_sufficient: Callable[[T], bool]) -> bool:
        """Return True if `get` would not fetch, nor wait for another caller's fetch."""
        document = self._document
        if document is None:
            return False
        if is_sufficient(document):
            return time.monotonic() - self._fetched_at <= FRESH_FOR
        return self._seconds_until_refetch() > 0 and not self._lock.locked()

    def _acquire_lock(self, document: T | None) -> None:
        """Acquire the lock: until the sign-up's deadline for the first fetch, else for `MAX_REFETCH_WAIT` at most.

        Longer waits for a missing key would let callers with made-up key ids use up the concurrency limit.
        """
        try:
            left = deadline.remaining()
            acquired = self._lock.acquire(timeout=left if document is None else min(left, MAX_REFETCH_WAIT))
        except TimeoutError:
            acquired = False
        if not acquired:
            raise ProviderUnavailable(RETRY_AFTER, "document_being_fetched")

    def _seconds_until_refetch(self) -> float:
        return self._tried_at + MIN_REFETCH_INTERVAL - time.monotonic()

    def _refresh(self, fetch: Callable[[], T], is_sufficient: Callable[[T], bool]) -> T:
        now, document = time.monotonic(), self._document
        sufficient = document is not None and is_sufficient(document)
        if document is not None:
            if sufficient and now - self._fetched_at <= FRESH_FOR:
                return document
            if (seconds := self._seconds_until_refetch()) > 0:
                if sufficient:
                    return document
                raise ProviderUnavailable(math.ceil(seconds), "document_fetched_recently")
        self._tried_at = now
        try:
            self._document = fetch()
        except (SocialAuthBaseException, PyJWTError, ValueError, TypeError, AttributeError, KeyError) as error:
            if document is None:
                raise ProviderUnavailable(RETRY_AFTER) from error
            if not sufficient:
                raise ProviderUnavailable(math.ceil(self._seconds_until_refetch())) from error
            return document
        self._fetched_at = now
        return self._document
