"""How often one may call (docs/contract.md, section 6): one budget for all versions, all workers, all machines.

A sliding window, failures included. Counted in Redis where there is one; when it is away, in this
process's memory and with a log line: a person who signs in must not be turned away because Redis is.
"""

import ipaddress
import logging
import time
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from shared.contract.errors import Throttled
from shared.http.logs import RateLimitedLog
from social import signals
from social.conf import conf

NAMESPACE = "tandem"
REDIS_TIMEOUT = 0.25
"""Seconds that a call waits for Redis before this process counts by itself."""
_AWAY = (StorageError, RedisError, OSError)

_redis_is_away = RateLimitedLog(
    logging.getLogger("tandem.limits"), "Redis does not answer (%s): this process counts by itself."
)


def count_address(address: str) -> None:
    """Count an anonymous sign-up or a refused credential.

    :raises Throttled: the address has spent its budget.
    """
    _count(conf.throttle_anonymous, "address", address)


def count_user(user_id: object) -> None:
    """Count an authenticated call.

    :raises Throttled: the user has spent their budget.
    """
    _count(conf.throttle_user, "user", str(user_id))


def _count(rate: str | None, kind: str, name: str) -> None:
    if rate is None:
        return
    item = _item(rate)
    limiter = _shared(conf.redis_url) if conf.redis_url else _local()
    try:
        _hit(limiter, item, kind, name)
    except _AWAY as error:
        signals.limits_storage_away.send_robust(sender=None)
        _redis_is_away.log(type(error).__name__)
        _hit(_local(), item, kind, name)


def _hit(limiter: MovingWindowRateLimiter, item: RateLimitItem, kind: str, name: str) -> None:
    if not limiter.hit(item, kind, name):
        signals.throttled.send_robust(sender=None, kind=kind)
        free_at, _ = limiter.get_window_stats(item, kind, name)
        raise Throttled(round(free_at - time.time() + 0.5))


@cache
def _item(rate: str) -> RateLimitItem:
    item = parse(rate)
    item.namespace = NAMESPACE
    return item


@cache
def _shared(url: str) -> MovingWindowRateLimiter:
    storage = storage_from_string(url, socket_timeout=REDIS_TIMEOUT, socket_connect_timeout=REDIS_TIMEOUT)
    return MovingWindowRateLimiter(storage)


@cache
def _local() -> MovingWindowRateLimiter:
    return MovingWindowRateLimiter(MemoryStorage())


# Now, while there is one thread: `cache` would let the first few make one each, and count in what is then dropped.
_local()


IPV6_PREFIX = 64
"""One customer gets a whole /64 (RFC 6177); a single address of it says nothing."""


def client_address(meta: Mapping[str, Any]) -> str:
    """Give the client's address, IPv6 as its /64; behind `TRUSTED_PROXIES` proxies what the outermost of them saw.

    :param meta: a request's `META`. `X-Forwarded-For` counts from its right end, where our proxies write;
        what a client puts there itself stands further left.
    """
    own, proxies = str(meta.get("REMOTE_ADDR", "")), conf.trusted_proxies
    if proxies:
        hops = [hop.strip() for hop in str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(",")]
        if len(hops) >= proxies and (seen := _normal(hops[-proxies])):
            return seen
    return _normal(own) or "unknown"


@lru_cache(maxsize=256)
def _normal(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, IPV6_PREFIX), strict=False))
    return str(address)
