"""Rate limits, shared by all versions, processes and machines (docs/contract.md, section 6).

The window slides, and failed calls count. The counts are in Redis if there is one. While Redis is unavailable, the
process counts in its own memory and logs a line: it must not refuse sign-ins for that (docs/decisions/0006).
"""

import hashlib
import ipaddress
import logging
import re
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache, lru_cache
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from limits import RateLimitItem, parse
from limits.errors import ConfigurationError, StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

from shared.caching import cache_once
from shared.contract.errors import Throttled
from shared.http.logs import RateLimitedLog
from social import signals
from social.conf import conf

NAMESPACE = "tandem"
REDIS_TIMEOUT = 0.25
"""Seconds that a call waits for Redis before the process counts in its own memory."""
_AWAY: tuple[type[Exception], ...] = (StorageError, OSError)
with suppress(ModuleNotFoundError):  # only REDIS_URL needs the package redis
    from redis.exceptions import RedisError

    _AWAY += (RedisError,)

_redis_is_away = RateLimitedLog(
    logging.getLogger("tandem.limits"), "Redis does not answer (%s): this process counts by itself."
)


def count_address(address: str) -> None:
    """Count an anonymous sign-up or a refused access token.

    :raises Throttled: the address has exceeded its rate limit.
    """
    _count(conf.throttle_anonymous, "address", address)


def count_user(user_id: object) -> None:
    """Count an authenticated call.

    :raises Throttled: the user has exceeded their rate limit.
    """
    _count(conf.throttle_user, "user", str(user_id))


def count_admin_attempt(user_name: str, address: str) -> None:
    """Count an attempt to sign in to the admin, by address, by user name, and in all.

    An attempt that one budget refuses does not count in the next: one address can use up its own budget, and those of a
    few user names, but not the budget for all.

    :raises Throttled: one of the budgets is spent.
    """
    by_user_name, by_address, in_all = conf.admin_throttle
    _count(by_address, "admin_address", address)
    # Variants in case share a budget. Hashed: the storage needs no list of the names that are tried.
    _count(by_user_name, "admin_user", hashlib.sha256(user_name.casefold().encode()).hexdigest())
    _count(in_all, "admin", "all")


def prepare() -> None:
    """Load the client of Redis, if there is one, without connecting to it."""
    if conf.redis_url:
        _shared(conf.redis_url)


def _count(rate: str | None, kind: str, name: str) -> None:
    if rate is None:
        return
    item = _item(rate)
    limiter = _shared(conf.redis_url) if conf.redis_url else _local()
    try:
        _hit(limiter, item, kind, name)
    except _AWAY as error:
        signals.rate_limit_storage_unavailable.send_robust(sender=None)
        _redis_is_away.log(type(error).__name__)
        _hit(_local(), item, kind, name)


def _hit(limiter: MovingWindowRateLimiter, item: RateLimitItem, kind: str, name: str) -> None:
    if not limiter.hit(item, kind, name):
        signals.throttled.send_robust(sender=None, kind=kind)
        free_at, _ = limiter.get_window_stats(item, kind, name)
        raise Throttled(round(free_at - time.time() + 0.5), reason=kind)


@cache
def _item(rate: str) -> RateLimitItem:
    item = parse(rate)
    item.namespace = NAMESPACE
    return item


@cache_once
def _shared(url: str) -> MovingWindowRateLimiter:
    options: dict[str, Any] = {"socket_timeout": REDIS_TIMEOUT, "socket_connect_timeout": REDIS_TIMEOUT}
    with suppress(ImportError):  # Since redis 7.1 each connection would read the package's metadata for its version.
        from redis import DriverInfo  # noqa: PLC0415 - see above

        options["driver_info"] = DriverInfo()
    try:
        storage = storage_from_string(url, **options)
    except ConfigurationError:
        # Without the cause: its message may contain the URL, and with it the password.
        raise ImproperlyConfigured("REDIS_URL needs the package redis, and one of its URLs.") from None
    return MovingWindowRateLimiter(storage)


class _ProcessLimiter(MovingWindowRateLimiter):
    """A limiter that counts in the process's memory, for one thread at a time.

    The storage starts a timer for expired entries without a lock (limits 5.8): of two threads that find it ended, one
    gets a RuntimeError.
    """

    def __init__(self) -> None:
        super().__init__(MemoryStorage())
        self._lock = threading.Lock()

    def hit(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        """Count a call; return False if the limit is exceeded."""
        with self._lock:
            return super().hit(item, *identifiers, cost=cost)


@cache
def _local() -> MovingWindowRateLimiter:
    return _ProcessLimiter()


# Created at import, in one thread: under `cache`, simultaneous first calls could create and count in several.
_local()


IPV6_PREFIX = 64
"""A customer has a whole /64 (RFC 6177), so single addresses of it are not counted."""
_MAX_ADDRESS = 64
"""The most characters of an address that are parsed; the longest IPv6 address with brackets and a port has 53."""
_BRACKETED = re.compile(r"\[([^]]*)\](?::[0-9]{1,5})?")
_WITH_PORT = re.compile(r"([0-9.]+):[0-9]{1,5}")


def client_address(meta: Mapping[str, Any]) -> str:
    """Return the client's address, IPv6 as its /64; behind `TRUSTED_PROXIES` proxies, as the outermost of them saw it.

    :param meta: a request's `META`. `X-Forwarded-For` is read from its right end, to which the trusted proxies append;
        what a client sends itself is further left. Some proxies append the port, or brackets around an IPv6 address.
    """
    own, proxies = str(meta.get("REMOTE_ADDR", "")), conf.trusted_proxies
    if proxies:
        hops = str(meta.get("HTTP_X_FORWARDED_FOR", "")).rsplit(",", proxies)
        if len(hops) >= proxies and (seen := _address(hops[-proxies].strip())):
            return seen
    return _address(own) or "unknown"


def _address(text: str) -> str | None:
    return _normal(text) if len(text) <= _MAX_ADDRESS else None


@lru_cache(maxsize=256)
def _normal(text: str) -> str | None:
    if match := _BRACKETED.fullmatch(text) or _WITH_PORT.fullmatch(text):
        text = match[1]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, IPV6_PREFIX), strict=False))
    return str(address)
