"""Import keys that Tastypie has issued as access tokens (docs/contract.md, section 2); never write to the keys' table.

Safe to interrupt, to run again and to run beside the service: a batch is one transaction, and what is here already is
passed over. A key that has been revoked here stays so, since its digest is still there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import Count
from django.utils import timezone

from legacy_api.api_keys import database
from shared.contract.authorization import can_carry
from social import tokens
from social.models import AccessToken
from social.tokens import is_live, live

ATTEMPTS = 3
"""How often a batch is run again, of which a user was deleted meanwhile."""
SHORT = 22
"""Characters; fewer cannot hold 128 random bits. Tastypie's own keys have 40."""


class Fate(StrEnum):
    """What becomes of a key."""

    IMPORTED = "imported"
    HERE = "here already"
    ENDED = "ended here since it was imported"
    EMPTY = "it is empty"
    USERLESS = "its user is gone"
    UNSENDABLE = "no Authorization header can carry it"
    SHARED = "another user has the same key"


GOOD = frozenset({Fate.IMPORTED, Fate.HERE})
REFUSED = (Fate.EMPTY, Fate.USERLESS, Fate.UNSENDABLE, Fate.SHARED)
LOST = frozenset({Fate.UNSENDABLE, Fate.SHARED})
"""Somebody's client may use it today, and would be turned away here."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A row of the table, without its key."""

    row: int
    user: Any
    fate: Fate
    short: bool = False
    """It works here, and could be guessed."""


def shared_keys(rows: Any) -> frozenset[str]:
    """Give the digests of the keys that more than one user has; a statement for the whole table."""
    by_key = rows.exclude(key=None).exclude(key="").order_by().values("key")
    several = by_key.annotate(users=Count("user", distinct=True)).filter(users__gt=1)
    return frozenset(tokens.digest_of(key) for key in several.values_list("key", flat=True))


def import_keys(rows: Any, *, batch_size: int, write: bool = True) -> Iterator[list[Finding]]:
    """Import all keys, a batch at a time.

    :param rows: those of `api_keys`.
    :param batch_size: rows of a batch, which is one transaction.
    :param write: False only tells.
    :returns: what became of each row, after each batch.
    """
    shared = shared_keys(rows)
    last = None
    while batch := list(_after(rows, last)[:batch_size]):
        last = batch[-1].pk
        yield _import(batch, shared, write)


def imported_and_missing(rows: Any, *, batch_size: int) -> Iterator[list[int]]:
    """Give, a batch at a time, the ids of live tokens of imported keys that the table does not hold any more."""
    imported = AccessToken.objects.filter(live(timezone.now()), imported=True).order_by("pk")
    last = None
    while batch := list(_after(imported, last)[:batch_size]):
        last = batch[-1].pk
        kept = rows.filter(user__in=[token.user_id for token in batch]).values_list("key", flat=True)
        digests = {tokens.digest_of(key) for key in kept if key}
        yield [token.pk for token in batch if token.digest not in digests]


def _after(rows: Any, last: int | None) -> Any:
    return rows if last is None else rows.filter(pk__gt=last)


def _import(batch: Sequence[Any], shared: frozenset[str], write: bool) -> list[Finding]:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic(using=database()):
                return _import_once(batch, shared, write)
        except IntegrityError:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def _import_once(batch: Sequence[Any], shared: frozenset[str], write: bool) -> list[Finding]:
    now = timezone.now()
    digests = {row.pk: tokens.digest_of(row.key) for row in batch if row.key}
    users = get_user_model()._default_manager.using(database()).filter(pk__in=[row.user_id for row in batch])
    known = set(users.values_list("pk", flat=True))
    here = {token.digest: token for token in AccessToken.objects.filter(digest__in=digests.values())}
    found: list[Finding] = []
    new: dict[str, AccessToken] = {}
    for row in batch:
        digest = digests.get(row.pk, "")
        fate = _fate(row, known, here.get(digest) or new.get(digest), digest in shared, now)
        if fate is Fate.IMPORTED:
            new[digest] = _token(row, digest, now)
        found.append(Finding(row.pk, row.user_id, fate, short=fate in GOOD and len(row.key) < SHORT))
    if write:
        AccessToken.objects.bulk_create(new.values(), ignore_conflicts=True)
    return found


def _fate(row: Any, known: set[Any], token: AccessToken | None, is_shared: bool, now: datetime) -> Fate:
    if not row.key:
        return Fate.EMPTY
    if row.user_id not in known:
        return Fate.USERLESS
    if token is not None and token.user_id == row.user_id:
        return Fate.HERE if is_live(token, now) else Fate.ENDED
    if not can_carry(row.key):
        return Fate.UNSENDABLE
    return Fate.SHARED if is_shared or token is not None else Fate.IMPORTED


def _token(row: Any, digest: str, now: datetime) -> AccessToken:
    # When a key was last used, Tastypie does not tell. Now: or the first sign-in beyond TOKENS_PER_USER would end it.
    return AccessToken(user_id=row.user_id, digest=digest, created=row.created or now, last_used=now, imported=True)
