"""The address that a rate limit counts: the one seen by our own proxies, never one that the client sends."""

from dataclasses import dataclass

import pytest
from django.test import override_settings

from tests.limits.conftest import Callers

OWN = "10.0.0.1"
ONE = "198.51.100.1"
OTHER = "198.51.100.2"


@dataclass
class Pair:
    """Two calls, and whether they count for the same address."""

    proxies: int
    first: tuple[str, str | None]
    """The address of the connection, and `X-Forwarded-For`."""
    second: tuple[str, str | None]
    same: bool


PAIRS = {
    "one address": Pair(0, (ONE, None), (ONE, None), same=True),
    "two addresses": Pair(0, (ONE, None), (OTHER, None), same=False),
    "no proxy: the header is ignored": Pair(0, (ONE, "192.0.2.1"), (ONE, "192.0.2.2"), same=True),
    "no proxy: nor does it make one of two": Pair(0, (ONE, "192.0.2.1"), (OTHER, "192.0.2.1"), same=False),
    "one proxy: what it saw": Pair(1, (OWN, ONE), (OWN, OTHER), same=False),
    "one proxy: the same through two of its kind": Pair(1, ("10.0.0.1", ONE), ("10.0.0.2", ONE), same=True),
    "one proxy: spoofed on the left": Pair(
        1, (OWN, f"192.0.2.1, {ONE}"), (OWN, f"192.0.2.2, 9.9.9.9, {ONE}"), same=True
    ),
    "one proxy: another's address on the left": Pair(1, (OWN, f"{ONE}, {OTHER}"), (OWN, f"{OTHER}, {ONE}"), same=False),
    "one proxy: blanks": Pair(1, (OWN, f"x,{ONE}"), (OWN, f" y ,\t{ONE} "), same=True),
    "one proxy: no header": Pair(1, (OWN, None), (OWN, None), same=True),
    "one proxy: nonsense on the right": Pair(1, (OWN, "nonsense"), (OWN, "192.0.2.1, other nonsense"), same=True),
    "one proxy: an empty header": Pair(1, (OWN, ""), (OWN, None), same=True),
    "two proxies: what the outer saw": Pair(2, (OWN, f"{ONE}, 10.0.0.2"), (OWN, f"{OTHER}, 10.0.0.2"), same=False),
    "two proxies: whichever the inner": Pair(2, (OWN, f"{ONE}, 10.0.0.2"), (OWN, f"{ONE}, 10.0.0.3"), same=True),
    "two proxies: spoofed on the left": Pair(
        2, (OWN, f"192.0.2.1, {ONE}, 10.0.0.2"), (OWN, f"192.0.2.2, {ONE}, 10.0.0.2"), same=True
    ),
    "two proxies: past the outer one": Pair(2, (OWN, "192.0.2.1"), (OWN, "192.0.2.2"), same=True),
    "IPv6: one /64": Pair(0, ("2001:db8:0:1::1", None), ("2001:db8:0:1:ffff:ffff:ffff:ffff", None), same=True),
    "IPv6: two of them": Pair(0, ("2001:db8:0:1::1", None), ("2001:db8:0:2::1", None), same=False),
    "IPv6: however it is written": Pair(0, ("2001:DB8:0:1::A", None), ("2001:0db8::0001:0:0:0:b", None), same=True),
    "IPv6: behind a proxy": Pair(1, (OWN, "2001:db8::1"), (OWN, "x, 2001:db8::2"), same=True),
    "IPv4 in IPv6": Pair(0, (f"::ffff:{ONE}", None), (ONE, None), same=True),
    "IPv4 in IPv6: two of them": Pair(0, (f"::ffff:{ONE}", None), (f"::ffff:{OTHER}", None), same=False),
    "a port": Pair(1, (OWN, f"{ONE}:5678"), (OWN, f"{ONE}:80"), same=True),
    "a port: as without it": Pair(1, (OWN, f"{ONE}:5678"), (OWN, ONE), same=True),
    "a port: two addresses": Pair(1, (OWN, f"{ONE}:5678"), (OWN, f"{OTHER}:5678"), same=False),
    "a port: two proxies": Pair(2, (OWN, f"{ONE}:1, 10.0.0.2:2"), (OWN, f"{OTHER}:1, 10.0.0.2:2"), same=False),
    "a port: nonsense": Pair(1, (OWN, f"{ONE}:port"), (OWN, f"{OTHER}:123456"), same=True),
    "a port: of the connection": Pair(0, (f"{ONE}:5678", None), (ONE, None), same=True),
    "brackets": Pair(1, (OWN, "[2001:db8::1]"), (OWN, "2001:db8::1"), same=True),
    "brackets and a port": Pair(1, (OWN, "[2001:db8::1]:80"), (OWN, "[2001:db8::1]:443"), same=True),
    "brackets and a port: as without them": Pair(1, (OWN, "[::1]:80"), (OWN, "::1"), same=True),
    "brackets: two addresses": Pair(1, (OWN, "[2001:db8:0:1::1]"), (OWN, "[2001:db8:0:2::1]"), same=False),
    "brackets: half of them": Pair(1, (OWN, "[2001:db8:0:1::1"), (OWN, "2001:db8:0:2::1]"), same=True),
    "IPv6: a zone": Pair(1, (OWN, "fe80::1%eth0"), (OWN, "fe80::1%eth1"), same=True),
    "very long": Pair(1, (OWN, "1" * 8000), (OWN, "2001:db8::1" + "0" * 60), same=True),
    "no address at all": Pair(0, ("", None), ("", None), same=True),
}


@pytest.mark.threat(27)
@override_settings(THROTTLE_ANONYMOUS="1/minute")
@pytest.mark.parametrize("turned", [False, True], ids=["", "the other way round"])
@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_calls_of_one_address_share_its_limit(callers: Callers, pair: Pair, turned: bool) -> None:
    """The second call is over the limit only if both calls have the same address."""
    first, second = (pair.second, pair.first) if turned else (pair.first, pair.second)
    with override_settings(TRUSTED_PROXIES=pair.proxies):
        assert _call(callers, *first) == 400
        assert _call(callers, *second) == (429 if pair.same else 400)


def _call(callers: Callers, address: str, forwarded: str | None) -> int:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return callers.sign_up(address=address, headers=headers).status_code


@pytest.mark.threat(27)
@override_settings(THROTTLE_ANONYMOUS="1/minute", TRUSTED_PROXIES=1)
def test_other_address_headers_are_ignored(callers: Callers) -> None:
    """Clients can send the headers that other proxies write, so they are ignored."""
    names = ("Forwarded", "X-Real-IP", "True-Client-IP", "CF-Connecting-IP", "X-Client-IP", "X-Forwarded")
    statuses = [
        callers.sign_up(headers={"X-Forwarded-For": ONE, name: f"192.0.2.{number}"}).status_code
        for number, name in enumerate(names)
    ]
    assert statuses == [400, *[429] * (len(names) - 1)]
