"""The keys that a provider signs id_tokens with (RFC 7517), fetched rarely and kept through its outages."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jwt import PyJWK, PyJWKSet
from jwt.exceptions import PyJWTError
from social_core.exceptions import SocialAuthBaseException

from shared.errors import ProviderUnavailable
from social.providers import deadline
from social.translation import RETRY_AFTER

FRESH_FOR = 24 * 60 * 60.0
"""Seconds for which keys are not asked for again."""
REFETCHED_AT_MOST_EVERY = 60.0
"""Seconds between two fetches for key ids that are not known: a storm of made-up ones costs the provider one."""

Fetch = Callable[[], Any]


@dataclass(slots=True)
class _Keys:
    lock: threading.Lock = field(default_factory=threading.Lock)
    by_id: Mapping[str | None, PyJWK] = field(default_factory=dict)
    fetched_at: float = float("-inf")
    tried_at: float = float("-inf")


_by_url: dict[str, _Keys] = {}


def find_key(url: str, kid: str | None, fetch: Fetch) -> PyJWK | None:
    """Give the key of an id, None where the provider has none such; without an id the one key, if it is the only one.

    :param fetch: gets the key set from `url`.
    :raises ProviderUnavailable: there are no keys and they cannot be had, whatever the cause.
    """
    known = _by_url.setdefault(url, _Keys())
    # Many may wait for the first fetch; none longer than its own sign-in may take.
    if not known.lock.acquire(timeout=deadline.remaining()):
        raise ProviderUnavailable(RETRY_AFTER)
    try:
        _refresh(known, kid, fetch)
    finally:
        known.lock.release()
    if kid is None:
        return next(iter(known.by_id.values())) if len(known.by_id) == 1 else None
    return known.by_id.get(kid)


def forget() -> None:
    """Forget all keys."""
    _by_url.clear()


def _refresh(known: _Keys, kid: str | None, fetch: Fetch) -> None:
    now = time.monotonic()
    wanted = now - known.fetched_at > FRESH_FOR or (kid is not None and kid not in known.by_id)
    if not wanted or (known.by_id and now - known.tried_at < REFETCHED_AT_MOST_EVERY):
        return
    known.tried_at = now
    try:
        keys = PyJWKSet.from_dict(fetch()).keys
    except (SocialAuthBaseException, PyJWTError, TypeError, AttributeError) as error:
        if known.by_id:
            return  # the last good ones serve through the outage
        raise ProviderUnavailable(RETRY_AFTER) from error
    known.by_id = {key.key_id: key for key in keys if key.public_key_use in {None, "sig"}}
    known.fetched_at = now
