"""Whose address a request comes from, as far as it can be trusted."""

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from social.conf import conf

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
