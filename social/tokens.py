"""Access tokens: issue, authenticate, extend by use, prove again, list, revoke."""

import hashlib
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import connections, router, transaction
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.signals import post_save, pre_save
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from shared.contract.authorization import PresentedToken
from shared.contract.errors import InvalidCredentials, NotFound, RecentSignInRequired
from shared.http import logs
from social.compiled_lookup import CompiledLookup
from social.conf import conf
from social.models import AccessToken, User

TOKEN_BYTES = 32
LAST_USED_INTERVAL = timedelta(hours=1)
"""The shortest time between two writes of a token's last use."""
CONCURRENT_SIGN_INS = 32
"""How many simultaneous sign-ins of one user stay within the limit of tokens (docs/contract.md, section 4)."""


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token. Its value is not stored and known only here."""

    value: str
    expires_at: datetime


def digest_of(token: str) -> str:
    """Return the hex SHA-256 of a token, which is stored instead. 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(token.encode("utf-8")).hexdigest()


_by_digest = CompiledLookup(lambda digest: AccessToken.objects.select_related("user").filter(digest=digest), 1)


def issue(*, user: User, presented: str | None = None, may_exceed_limit: bool = True) -> IssuedToken:
    """Issue a token to a user, and revoke those beyond `TOKENS_PER_USER`.

    The first to be revoked are those that the same credential was presented for, then the least recently used ones.

    :param presented: the text that identifies the credential that has proved the user's identity; None if an operator
        issues the token. 128 bits of its digest are stored (docs/contract.md, section 4).
    :param may_exceed_limit: False if the user is known to have few tokens (`has_many_tokens`); then none is counted.
    """
    now = timezone.now()
    expires_at = now + conf.token_ttl
    value = secrets.token_urlsafe(TOKEN_BYTES)
    token = AccessToken(
        user=user,
        digest=digest_of(value),
        created=now,
        last_used=now,
        expires_at=expires_at,
        credential_digest=digest_of(presented)[:32] if presented else None,
    )
    using = router.db_for_write(AccessToken)
    if may_exceed_limit or any(signal.has_listeners(AccessToken) for signal in (pre_save, post_save)):
        token.save(force_insert=True, using=using)
    else:
        _insert(token, using)
    if may_exceed_limit:
        _revoke_surplus(token, now)
    return IssuedToken(value=value, expires_at=expires_at)


def _insert(token: AccessToken, using: str) -> None:
    """Insert a token whose id nobody needs and whose signals nobody receives; building the SQL costs twice as much."""
    connection, (statement, fields) = connections[using], _insertion(using)
    values = [field.get_db_prep_save(getattr(token, field.attname), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@cache
def _insertion(using: str) -> tuple[str, list[Any]]:
    """Return the statement that inserts a token into a database, and the fields whose values it takes."""
    quote, meta = connections[using].ops.quote_name, AccessToken._meta
    fields = [field for field in meta.concrete_fields if not field.primary_key]
    columns, places = ", ".join(quote(str(field.column)) for field in fields), ", ".join(["%s"] * len(fields))
    return f"INSERT INTO {quote(meta.db_table)} ({columns}) VALUES ({places})", fields  # noqa: S608 - names of the model


def has_many_tokens(user: OuterRef) -> Exists | Value:
    """Return the condition, for another query, that one more token may exceed the user's limit.

    It is true from `CONCURRENT_SIGN_INS` below the limit, because simultaneous sign-ins do not see each other's tokens.
    Expired tokens count, so that they are deleted in time.
    """
    few = conf.tokens_per_user - CONCURRENT_SIGN_INS
    if few <= 0:
        return Value(True)
    return Exists(AccessToken.objects.filter(user=user)[few - 1 :])


def _revoke_surplus(token: AccessToken, now: datetime) -> None:
    others = AccessToken.objects.filter(user=token.user_id).exclude(pk=token.pk)
    # Otherwise, somebody who presents one stolen credential often enough would sign out the owner's devices.
    # No row has the digest "", but many rows have null: those of the former release, and those without a credential.
    of_same_credential = Case(When(credential_digest=token.credential_digest or "", then=1), default=0)
    # Imported keys that have expired by age are not excluded: they sort last and are revoked first.
    sorted_others = others.filter(unexpired(now)).order_by(of_same_credential, "-last_used", "-id")
    kept = sorted_others.values("pk")[: conf.tokens_per_user - 1]
    surplus = others.filter(unexpired(now) | Q(imported=False)).exclude(pk__in=kept).values_list("pk", "imported")
    if found := dict(surplus):
        revoke_many(found, none_imported=not any(found.values()))


def authenticate(presented: PresentedToken) -> AccessToken:
    """Return the live token that was presented, with its user, by one indexed lookup.

    :raises InvalidCredentials: the token is unknown or expired, its user is inactive or has another name.
    """
    digest = digest_of(presented.token)
    token = next(iter(_by_digest(router.db_for_read(AccessToken), digest)), None)
    now = timezone.now()
    if token is None or not constant_time_compare(token.digest, digest):
        raise InvalidCredentials("unknown_token")
    if not is_live(token, now):
        raise _refusal(token, "expired_token")
    if presented.username is not None and not _is_named(token.user, presented.username):
        raise _refusal(token, "other_user_name")
    if not token.user.is_active:
        raise _refusal(token, "inactive_user")
    _touch(token, now)
    return token


def _refusal(token: AccessToken, reason: str) -> InvalidCredentials:
    """Return the error for a token that exists and cannot be used; its user is noted for the log."""
    logs.note(user=token.user_id)
    return InvalidCredentials(reason)


def _is_named(user: User, name: str) -> bool:
    """Return True if a user has a name, as the database compares: its column may ignore case (citext, a collation)."""
    own = user.get_username()
    if constant_time_compare(name, own):
        return True
    if name.casefold() != own.casefold():
        return False
    users = type(user)._base_manager.using(router.db_for_read(type(user)))  # noqa: SLF001 - Django documents it
    return users.filter(**{user.USERNAME_FIELD: name}, pk=user.pk).exists()


def proof_time(token: AccessToken) -> datetime | None:
    """Return when a token's owner last proved an identity with it; None for never.

    A token is issued for a proof, so `proved_at` is null until there is another one. An imported key is not.
    """
    return token.proved_at or (None if token.imported else token.created)


def require_recent_proof(token: AccessToken) -> None:
    """Check the age of a token's proof against `RECENT_SIGN_IN`, if that is set.

    :raises RecentSignInRequired: the proof is older, or there was none.
    """
    longest = conf.recent_sign_in
    if longest is None:
        return
    proved = proof_time(token)
    if proved is None or timezone.now() - proved > longest:
        raise RecentSignInRequired


def record_proof(token: AccessToken) -> None:
    """Record that a token's owner has just proved an identity with it.

    :raises InvalidCredentials: the token has been revoked during the call.
    """
    now = timezone.now()
    if not AccessToken.objects.filter(live(now), pk=token.pk).update(proved_at=now):
        raise InvalidCredentials("revoked_during_call")


def lock(token: AccessToken) -> None:
    """Lock a token's row until the transaction ends, so that a concurrent revocation is either seen or waits.

    Lock it last, as sign-ins do: they lock an association first and may then delete a token of its user.

    :raises InvalidCredentials: the token has been revoked during the call.
    """
    rows = AccessToken.objects.using(router.db_for_write(AccessToken)).select_for_update(no_key=True)
    if not rows.filter(live(timezone.now()), pk=token.pk).exists():
        raise InvalidCredentials("revoked_during_call")


def list_for(user: User) -> QuerySet[AccessToken]:
    """Return a user's live tokens, ordered by id."""
    return AccessToken.objects.filter(live(timezone.now()), user=user).order_by("id")


def get_for(user: User, token_id: str) -> AccessToken:
    """Return one of a user's live tokens.

    :raises NotFound: the user has no such live token, or `token_id` is not an id.
    """
    token = list_for(user).filter(pk=int(token_id)).first() if is_id(token_id) else None
    if token is None:
        raise NotFound
    return token


def revoke(token: AccessToken) -> None:
    """Revoke a token; a second call changes nothing."""
    revoke_many([token.pk])


def revoke_many(ids: Collection[int], *, none_imported: bool = False) -> None:
    """Revoke tokens by their ids: delete them, but let imported keys expire.

    The digest of an imported key stays; without it, the next import would add the key again.

    :param none_imported: True if the caller knows that none of them is an imported key.
    """
    _revoke(AccessToken.objects.filter(pk__in=ids), none_imported=none_imported)


def revoke_all(user: User) -> None:
    """Revoke all tokens of a user, as `revoke_many` does, or none if it fails."""
    with transaction.atomic(using=router.db_for_write(AccessToken)):
        _revoke(AccessToken.objects.filter(user=user))


def revoke_if_inactive(
    instance: User, *, created: bool, raw: bool, update_fields: Collection[str] | None, **kwargs: object
) -> None:
    """Revoke all tokens of a user who was saved as inactive: a receiver of `post_save` for the user model."""
    if not raw and not created and _is_saved("is_active", update_fields) and not instance.is_active:
        revoke_all(instance)


def revoke_if_activated(
    instance: User, *, raw: bool, using: str, update_fields: Collection[str] | None, **kwargs: object
) -> None:
    """Revoke what was issued during a deactivation: a receiver of `pre_save` for the user model (decision 19).

    A sign-in that has read the user as active may commit its token after the deactivation has revoked the others.
    """
    is_new = instance._state.adding  # noqa: SLF001 - Django documents it
    if raw or is_new or not _is_saved("is_active", update_fields) or not instance.is_active:
        return
    users = type(instance)._base_manager.using(using)  # noqa: SLF001 - Django documents it
    with transaction.atomic(using=using):
        # Locked as the UPDATE does, so that a deactivation that is not yet committed is waited for.
        stored = users.select_for_update(no_key=True).filter(pk=instance.pk).first()
        if stored is not None and not stored.is_active:
            AccessToken.objects.filter(user=instance, imported=False).delete()


def _is_saved(name: str, update_fields: Collection[str] | None) -> bool:
    """Return True if a field is saved; a deferred one is not, so that reading a saved one sends no query."""
    return update_fields is None or name in update_fields


def _revoke(rows: QuerySet[AccessToken], *, none_imported: bool = False) -> None:
    now = timezone.now()
    if not none_imported:
        rows.filter(imported=True).filter(unexpired(now)).update(expires_at=now)
    rows.filter(imported=False).delete()


def is_id(text: str) -> bool:
    """Return True if a part of a path can be the id of a row: decimal digits within a bigint column."""
    return text.isascii() and text.isdecimal() and len(text) <= 18 and not text.startswith("0")


def _touch(token: AccessToken, now: datetime) -> None:
    if now - token.last_used < LAST_USED_INTERVAL:
        return
    before = token.expires_at
    token.last_used = now
    if expiry_of(token, now) is not None:
        token.expires_at = now + conf.token_ttl
    # Not save(): it would restore a token that was revoked in the meantime.
    rows = AccessToken.objects.filter(pk=token.pk, expires_at=before)
    rows.update(last_used=now, expires_at=token.expires_at)


_sunset_sources: list[Callable[[], datetime | None]] = []


def set_sunset_source(source: Callable[[], datetime | None]) -> None:
    """Read v1's sunset from a function instead of the setting, because staff may change it while the process runs."""
    _sunset_sources[:] = [source]


def sunset_at() -> datetime | None:
    """Return v1's sunset, from which imported keys expire like other tokens (docs/decisions/0011), or None."""
    return _sunset_sources[0]() if _sunset_sources else conf.v1_sunset_at


def expiry_of(token: AccessToken, now: datetime) -> datetime | None:
    """Return when a token expires if it is not used; None if it does not expire, as far as is known now."""
    if token.expires_at is not None or not token.imported:
        return token.expires_at
    sunset = sunset_at()
    if sunset is None or now < sunset:
        return None
    return max(sunset, token.last_used) + conf.token_ttl


def is_live(token: AccessToken, now: datetime) -> bool:
    """Return True if a token has not expired at a moment."""
    expiry = expiry_of(token, now)
    return expiry is None or now < expiry


def unexpired(now: datetime) -> Q:
    """Return the condition for rows whose `expires_at` is not past."""
    return Q(expires_at=None) | Q(expires_at__gt=now)


def live(now: datetime) -> Q:
    """Return the condition for rows that `is_live`."""
    sunset = sunset_at()
    # Not sunset + token_ttl, which overflows if staff have entered the year 9999.
    if sunset is None or now - sunset < conf.token_ttl:
        return unexpired(now)
    aged = Q(expires_at=None, imported=True, last_used__lte=now - conf.token_ttl)
    return unexpired(now) & ~aged
