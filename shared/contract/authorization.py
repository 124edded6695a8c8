"""The syntax of the `Authorization` header (docs/contract.md, section 2).

Authorization: Bearer <token>              RFC 6750 section 2.1
Authorization: Token <token>               what DRF clients send
Authorization: ApiKey <username>:<token>   what clients of v1 send
"""

import re
from dataclasses import dataclass

from shared.contract.errors import InvalidCredentials

MAX_LENGTH = 1500
"""The most bytes of a header value. The longest user name in UTF-8 and the longest token need fewer."""
_VALUE = re.compile(r"[A-Za-z0-9._~+/-]{1,255}=*")
_SCHEMES = frozenset({"bearer", "token", "apikey"})


@dataclass(frozen=True, slots=True)
class PresentedToken:
    """An access token as the client sent it, not yet verified; `username` is None except in the `ApiKey` form."""

    token: str
    username: str | None


def can_carry(token: str) -> bool:
    """Return True if a token can be sent in an `Authorization` header."""
    return _VALUE.fullmatch(token) is not None


def parse(header: str) -> PresentedToken:
    """Parse a header value in WSGI's form (bytes decoded as latin-1, PEP 3333), in linear time.

    :raises InvalidCredentials: the value is empty, too long, repeated, malformed, or of an unknown scheme.
    """
    if len(header) > MAX_LENGTH:
        raise InvalidCredentials("long_header")
    scheme, _, rest = header.partition(" ")
    token, username = rest.lstrip(" "), None
    if scheme.lower() == "apikey":
        username, _, token = token.rpartition(":")
    if scheme.lower() not in _SCHEMES or username == "" or not can_carry(token):
        raise InvalidCredentials("malformed_header")
    try:
        return PresentedToken(token, username and username.encode("latin-1").decode("utf-8"))
    except UnicodeError:
        raise InvalidCredentials("malformed_header") from None
