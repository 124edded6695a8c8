"""The pipeline step that finds the association of an identity; it replaces social-core's `social_user`.

It leaves the adoption of legacy uids to social-core's step, and prevents that step's failures: a database error for a
row with the same uid under another `id_key` or without a user, a TypeError if `extra_data` is not an object, and the
adoption by an e-mail address that the provider has not verified.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.db import router
from django.db.models import OuterRef, QuerySet
from social_core.backends.base import BaseAuth
from social_core.exceptions import AuthAssociationError
from social_core.identifiers import UNVERIFIED_LEGACY_TRANSITIONS, identifier_matches
from social_core.pipeline import social_auth as core_association
from social_django.models import AbstractUserSocialAuth

from social import tokens
from social.compiled_lookup import CompiledLookup
from social.conf import conf

EMAIL_KEYS = frozenset({"email", "upn"})
"""Claims whose values all contain an @, unlike providers' ids: the uid itself shows which of the two it is."""

REASSIGNABLE_UIDS = frozenset({"deezer", "mailru", "trello", "tumblr"})
"""Providers whose legacy uid another person can acquire: a display name, a name that its owner can give up, or an
address that Mail.ru does not report as verified. Such a row is never adopted unless it stores the current id too."""


def social_user(
    backend: BaseAuth[Any],
    uid: Any,
    user: Any = None,
    *args: Any,
    id_key: str = "",
    response: dict[str, Any] | None = None,
    legacy_uids: Iterable[str] = (),
    legacy_identifiers: Sequence[tuple[str, str]] = (),
    has_been_tried: bool = False,
    check_link: Callable[[], None] | None = None,
    **kwargs: Any,
) -> Any:
    """Find the association by the provider's current id, else by a legacy uid.

    :param has_been_tried: the sign-up failed once, because of a concurrent write or of a row without a user, which the
        lookup does not return. Then run social-core's queries too.
    :param check_link: raises an error if the caller may link no identity; called if this one is nobody's yet.
    :returns: what social-core's step returns.
    :raises AuthAssociationError: the association is another user's (`identity_in_use`), or its owner cannot be decided
        (`identifier_migration_conflict`).
    """
    uid = str(uid)
    former = {str(old) for old in (*legacy_uids, *(old for _, old in legacy_identifiers))}
    rows = _locked_associations(backend, [uid, *sorted(former - {uid})])
    known = next((row for row in rows if row.uid == uid), None)
    if known is None:
        found: dict[str, Any] = {"social": None, "user": user, "is_new": user is None, "new_association": True}
        if rows or has_been_tried or _has_custom_lookup(backend):
            _correct_rows(backend, uid, id_key, response or {}, legacy_identifiers)
            found = core_association.social_user(
                backend,
                uid,
                user,
                *args,
                id_key=id_key,
                response=response,
                legacy_uids=legacy_uids,
                legacy_identifiers=legacy_identifiers,
                **kwargs,
            )
        if check_link is not None and found["social"] is None:
            check_link()
        return found
    known.extra_data = _as_object(known.extra_data)
    if not _holds_current_id(backend, known, id_key):
        raise _conflict(backend)
    if user and known.user != user:
        raise AuthAssociationError(backend, code="identity_in_use", stage="pipeline")
    return {
        "social": known,
        "user": known.user,
        "is_new": False,
        "new_association": False,
        "may_hold_many_tokens": known.may_hold_many_tokens,
    }


def legacy_key_of(provider: str) -> str | None:
    """Return the claim that older releases of social-core used as the uid, if it has been replaced."""
    transition = UNVERIFIED_LEGACY_TRANSITIONS.get(provider)
    return transition[1] if transition else None


def is_current_id(*, provider: str, id_key: str, uid: str) -> bool:
    """Return True if a row with another `id_key` than the current one has the current id as its uid.

    social_django's migration 0020 sets one `id_key` for all rows of a provider, for example `email` for Google's, even
    if `USE_UNIQUE_USER_ID` stored the real id. It leaves some rows without an `id_key`.
    """
    old_key = legacy_key_of(provider)
    if old_key is None:
        return id_key == ""
    return id_key in {"", old_key} and old_key in EMAIL_KEYS and "@" not in uid


def _has_custom_lookup(backend: BaseAuth[Any]) -> bool:
    """Return True if the backend or the operator's storage overrides the lookup of associations."""
    lookup: Any = backend.strategy.storage.user.get_social_auth
    stock: Any = AbstractUserSocialAuth.get_social_auth
    return (
        type(backend).get_legacy_social_auth is not BaseAuth.get_legacy_social_auth
        or getattr(lookup, "__func__", lookup) is not stock.__func__
    )


def _holds_current_id(backend: BaseAuth[Any], row: Any, id_key: str) -> bool:
    # Not if ADOPT_LEGACY_UIDS names the provider: the uid may be a name that somebody chose because it is another's id.
    return (
        row.id_key == id_key
        or _shows_current_id(backend, row)
        or any(identifier_matches(row.extra_data.get(key), row.uid) for key in backend.get_stored_user_id_keys(id_key))
    )


def _shows_current_id(backend: BaseAuth[Any], row: Any) -> bool:
    return not backend.setting("ID_KEY") and is_current_id(provider=row.provider, id_key=row.id_key, uid=row.uid)


def _correct_rows(
    backend: BaseAuth[Any], uid: str, id_key: str, response: Mapping[str, Any], identifiers: Sequence[tuple[str, str]]
) -> None:
    """Correct the rows that social-core's step reads, in the caller's transaction.

    :raises AuthAssociationError: this sign-in must not adopt one of the rows.
    """
    keys = {old_uid: old_key for old_key, old_uid in identifiers}
    storage: Any = backend.strategy.storage.user
    rows = storage.objects.filter(provider=backend.name, uid__in=[uid, *keys])
    for row in rows:
        if not get_user_model()._default_manager.filter(pk=row.user_id).exists():
            if row.uid == uid:  # it prevents the INSERT of a new one
                raise _conflict(backend)
            continue
        old_key = keys.get(row.uid)
        if old_key is None:  # a concurrent sign-in has just written it; social-core's step finds it
            continue
        evidence = backend.get_stored_user_id_keys(id_key)
        # A value that is no id must not count as another person's.
        stored = _as_object(row.extra_data)
        extra_data = {k: v for k, v in stored.items() if k not in evidence or identifier_matches(v, str(v))}
        # SOCIAL_AUTH_OLD_ID_KEYS of migration 0020 may have set the `id_key` of an id for an address.
        key = old_key if old_key in EMAIL_KEYS and row.id_key else row.id_key
        if extra_data != row.extra_data or key != row.id_key:
            rows.filter(pk=row.pk).update(extra_data=extra_data, id_key=key)
        proven = any(claim in extra_data for claim in evidence)
        # A name that equals the id of another person must not find that person's row.
        is_another = _shows_current_id(backend, row)
        if not proven and (is_another or _is_unverified(old_key, response) or backend.name in REASSIGNABLE_UIDS):
            raise _conflict(backend)


def _is_unverified(key: str, response: Mapping[str, Any]) -> bool:
    # https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims
    return key == "email" and response.get("email_verified") is not True


def _as_object(extra_data: Any) -> dict[str, Any]:
    """Return `extra_data` as a dictionary: old rows contain text, JSON within JSON, or nothing."""
    for _ in range(2):
        if isinstance(extra_data, str):
            try:
                extra_data = json.loads(extra_data)
            except ValueError:
                break
    return extra_data if isinstance(extra_data, dict) else {}


def _conflict(backend: BaseAuth[Any]) -> AuthAssociationError:
    return AuthAssociationError(backend, code="identifier_migration_conflict", stage="pipeline")


def _locked_associations(backend: BaseAuth[Any], uids: list[str]) -> list[Any]:
    """Return the associations of a provider's ids, each with its user and `may_hold_many_tokens`.

    This is the one SELECT of a sign-in. The rows stay locked until the transaction ends: without the lock, a sign-in
    that writes a row which is disconnected at the same time would restore it.
    """
    model: Any = backend.strategy.storage.user
    look_up = _look_up(model, len(uids), conf.tokens_per_user)
    return look_up(router.db_for_write(model), backend.name, *uids)


@cache
def _look_up(model: Any, uids: int, tokens_per_user: int) -> CompiledLookup[Any]:
    """Return the lookup for a number of ids; the limit of tokens per user is part of its SQL."""

    def build(provider: str, *uids: str) -> QuerySet[Any]:
        wanted = {"uid": uids[0]} if len(uids) == 1 else {"uid__in": uids}
        found: QuerySet[Any] = (
            model.objects.filter(provider=provider, **wanted)
            .select_related("user")
            .select_for_update(of=("self",))
            .annotate(may_hold_many_tokens=tokens.has_many_tokens(OuterRef("user")))
        )
        return found

    return CompiledLookup(build, 1 + uids)
