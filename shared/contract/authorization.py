"""The syntax of the `Authorization` header (docs/contract.md, section 2).

Authorization: Bearer <token>              RFC 6750 section 2.1
Authorization: Token <token>               what DRF clients send
Authorization: ApiKey <username>:<token>   what clients of v1 send
"""

import re
from dataclasses import dataclass

from shared.contract.errors import InvalidCredentials

_VALUE = r"[A-Za-z0-9._~+/-]{1,255}=*"
_HEADER = re.compile(
    rf"(?:(?:bearer|token) +(?P<token>{_VALUE})|apikey +(?P<username>[^\x00]{{1,1024}}):(?P<key>{_VALUE}))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class PresentedToken:
    """An access token as the client sent it, not yet verified; `username` is None except in the `ApiKey` form."""

    token: str
    username: str | None


def can_carry(token: str) -> bool:
    """Return True if a token can be sent in an `Authorization` header."""
    return re.fullmatch(_VALUE, token) is not None


def parse(header: str) -> PresentedToken:
    """Parse a header value in WSGI's form (bytes decoded as latin-1, PEP 3333).

    :raises InvalidCredentials: the value is empty, repeated, malformed, or of an unknown scheme.
    """
    try:
        text = header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        raise InvalidCredentials from None
    match = _HEADER.fullmatch(text)
    if match is None:
        raise InvalidCredentials
    return PresentedToken(token=match["token"] or match["key"], username=match["username"])
