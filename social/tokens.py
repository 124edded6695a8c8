"""Access tokens: issue, find, refresh by use, list, revoke."""

import hashlib
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import router
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from shared.contract.authorization import PresentedToken
from shared.contract.errors import InvalidCredentials, NotFound
from social.compiled_lookup import CompiledLookUp
from social.conf import conf
from social.models import AccessToken, User

TOKEN_BYTES = 32
MOVED_AT_MOST_EVERY = timedelta(hours=1)
AT_ONCE = 32
"""How many sign-ins of one user may be under way (docs/contract.md, section 4)."""


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token: the only moment at which its value is known."""

    value: str
    expires_at: datetime


def digest_of(token: str) -> str:
    """Give what is stored of a token: hex SHA-256. 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(token.encode("utf-8")).hexdigest()


_by_digest = CompiledLookUp(lambda digest: AccessToken.objects.select_related("user").filter(digest=digest), 1)


def issue(*, user: User, may_be_many: bool = True) -> IssuedToken:
    """Issue a token to a user; beyond `TOKENS_PER_USER` the least recently used one goes.

    :param may_be_many: False for a user who is known to have so few (`many_held_by`) that none has to go.
    """
    now = timezone.now()
    expires_at = now + conf.token_ttl
    value = secrets.token_urlsafe(TOKEN_BYTES)
    AccessToken.objects.using(router.db_for_write(AccessToken)).create(
        user=user, digest=digest_of(value), created=now, last_used=now, expires_at=expires_at
    )
    if may_be_many:
        _end_surplus(user, now)
    return IssuedToken(value=value, expires_at=expires_at)


def many_held_by(user: OuterRef) -> Exists | Value:
    """Give the condition that a user has so many tokens that one more may be too many, for another look-up to ask.

    It leaves room for `AT_ONCE` sign-ins that are under way and not seen; dead rows count, so that they go in time.
    """
    spare = conf.tokens_per_user - AT_ONCE
    if spare <= 0:
        return Value(True)
    return Exists(AccessToken.objects.filter(user=user)[spare - 1 :])


def _end_surplus(user: User, now: datetime) -> None:
    own = AccessToken.objects.filter(user=user)
    # Whether an imported key has aged is not asked here: one that has comes last, and is the first to go.
    newest = own.filter(unexpired(now)).order_by("-last_used", "-id").values("pk")[: conf.tokens_per_user]
    surplus = own.filter(unexpired(now) | Q(imported=False)).exclude(pk__in=newest).values_list("pk", "imported")
    if ended := dict(surplus):
        end(ended, none_imported=not any(ended.values()))


def authenticate(presented: PresentedToken) -> AccessToken:
    """Find the live token that was presented, with its user, by one indexed look-up.

    :raises InvalidCredentials: for an unknown or expired token, an inactive user, another user's name.
    """
    digest = digest_of(presented.token)
    token = next(iter(_by_digest(router.db_for_read(AccessToken), digest)), None)
    now = timezone.now()
    if token is None or not constant_time_compare(token.digest, digest):
        raise InvalidCredentials
    if not is_live(token, now):
        raise InvalidCredentials
    if presented.username is not None and not constant_time_compare(presented.username, token.user.get_username()):
        raise InvalidCredentials
    if not token.user.is_active:
        raise InvalidCredentials
    _touch(token, now)
    return token


def list_for(user: User) -> QuerySet[AccessToken]:
    """Give a user's live tokens, in the order of their ids."""
    return AccessToken.objects.filter(live(timezone.now()), user=user).order_by("id")


def get_for(user: User, token_id: str) -> AccessToken:
    """Give one of a user's live tokens.

    :raises NotFound: for another's, a dead one, or what is no id.
    """
    token = list_for(user).filter(pk=int(token_id)).first() if is_id(token_id) else None
    if token is None:
        raise NotFound
    return token


def revoke(token: AccessToken) -> None:
    """End a token; a second time changes nothing."""
    end([token.pk])


def end(ids: Collection[int], *, none_imported: bool = False) -> None:
    """End tokens by their ids.

    An imported key leaves its digest behind: without it, the next import would bring the key back.

    :param none_imported: the caller has seen that there is no such key among them.
    """
    rows, now = AccessToken.objects.filter(pk__in=ids), timezone.now()
    if not none_imported:
        rows.filter(imported=True).filter(unexpired(now)).update(expires_at=now)
    rows.filter(imported=False).delete()


def is_id(text: str) -> bool:
    """Say whether a part of a path can be a row's id: as it is written, within a bigint column."""
    return text.isascii() and text.isdecimal() and len(text) <= 18 and not text.startswith("0")


def _touch(token: AccessToken, now: datetime) -> None:
    if now - token.last_used < MOVED_AT_MOST_EVERY:
        return
    before = token.expires_at
    token.last_used = now
    if expiry_of(token, now) is not None:
        token.expires_at = now + conf.token_ttl
    # A filter, not save(): a token revoked meanwhile must not come back.
    rows = AccessToken.objects.filter(pk=token.pk, expires_at=before)
    rows.update(last_used=now, expires_at=token.expires_at)


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
