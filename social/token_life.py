"""How long a token lives: `TOKEN_TTL` from its last use; an imported key at least from the sunset of v1 on."""

from collections.abc import Callable
from datetime import datetime

from django.db.models import Q

from social.conf import conf
from social.models import AccessToken

_deciders: list[Callable[[], datetime | None]] = []


def let_decide(decider: Callable[[], datetime | None]) -> None:
    """Ask this for the moment of v1's sunset, in place of the setting: an operator may move it while we run."""
    _deciders[:] = [decider]


def sunset_at() -> datetime | None:
    """Give the moment from which imported keys age (docs/decisions/0011); None for one that is not decided."""
    return _deciders[0]() if _deciders else conf.v1_sunset_at


def expiry_of(token: AccessToken, now: datetime) -> datetime | None:
    """Give the moment at which a token ends if it is not used before; None for none, as far as is known now."""
    if token.expires_at is not None or not token.imported:
        return token.expires_at
    sunset = sunset_at()
    if sunset is None or now < sunset:
        return None
    return max(sunset, token.last_used) + conf.token_ttl


def is_live(token: AccessToken, now: datetime) -> bool:
    """Say whether a token is good at a moment."""
    expiry = expiry_of(token, now)
    return expiry is None or now < expiry


def unexpired(now: datetime) -> Q:
    """Give the rows whose own expiry, if they have one, is to come."""
    return Q(expires_at=None) | Q(expires_at__gt=now)


def live(now: datetime) -> Q:
    """Give what `is_live` says as a condition on rows."""
    sunset = sunset_at()
    # Not the sunset plus the time: staff may have written the year 9999, and calendars end there.
    if sunset is None or now - sunset < conf.token_ttl:
        return unexpired(now)
    aged = Q(expires_at=None, imported=True, last_used__lte=now - conf.token_ttl)
    return unexpired(now) & ~aged
