"""The step that finds whose association it is, in place of social-core's, which it leaves all adopting to.

social-core's own ends in a database error for a row that carries the very id under another label, or whose user is
gone, and in a TypeError for one whose `extra_data` is no object; and it takes an address for proven that no
provider has verified.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.db import router
from django.db.models import OuterRef, QuerySet
from social_core.backends.base import BaseAuth
from social_core.exceptions import AuthAssociationError
from social_core.identifiers import UNVERIFIED_LEGACY_TRANSITIONS, identifier_matches
from social_core.pipeline import social_auth as theirs
from social_django.models import AbstractUserSocialAuth

from social import tokens
from social.compiled_lookup import CompiledLookup
from social.conf import conf

ADDRESS_KEYS = frozenset({"email", "upn"})
"""Claims with an @ in every value, which no provider's id has: the row itself shows which of the two it holds."""

TAKEN_AT_WILL = frozenset({"deezer", "mailru", "trello", "tumblr"})
"""Providers whose old identifier anybody may take: a display name, a name that its owner can give up, an address
that Mail.ru does not say is verified. Such a row is never adopted: only an id that is kept with it proves whose it is.
"""


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
    **kwargs: Any,
) -> Any:
    """Find the association, by the id that the provider gives today, or else by one that it gave earlier.

    :param has_been_tried: the sign-up has failed for what another wrote, or for a row that no look-up shows since its
        user is gone: then look at everything.
    :returns: what social-core's step of this name returns.
    :raises AuthAssociationError: it is another user's (`identity_in_use`), or it cannot be decided whose it is
        (`identifier_migration_conflict`).
    """
    uid = str(uid)
    former = {str(old) for old in (*legacy_uids, *(old for _, old in legacy_identifiers))}
    rows = _locked_associations(backend, [uid, *sorted(former - {uid})])
    known = next((row for row in rows if row.uid == uid), None)
    if known is None and not rows and not has_been_tried and not _looks_elsewhere(backend):
        return {"social": None, "user": user, "is_new": user is None, "new_association": True}
    if known is None:
        _prepare(backend, uid, id_key, response or {}, legacy_identifiers)
        return theirs.social_user(
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
    known.extra_data = _as_object(known.extra_data)
    if not _holds_todays_id(backend, known, id_key):
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


def old_key_of(provider: str) -> str | None:
    """Give the claim that social-core took for the id, where it takes another today."""
    transition = UNVERIFIED_LEGACY_TRANSITIONS.get(provider)
    return transition[1] if transition else None


def is_todays_id(*, provider: str, id_key: str, uid: str) -> bool:
    """Say whether a row that is labelled with another key than today's holds today's id all the same.

    social_django's migration 0020 labels every row of a provider alike: `email` for those of Google, also where
    `USE_UNIQUE_USER_ID` had the real id written. A row without a label was never looked at by it.
    """
    old_key = old_key_of(provider)
    if old_key is None:
        return id_key == ""
    return id_key in {"", old_key} and old_key in ADDRESS_KEYS and "@" not in uid


def _looks_elsewhere(backend: BaseAuth[Any]) -> bool:
    """Say whether the backend, or the operator's storage, finds associations in a way of its own."""
    find: Any = backend.strategy.storage.user.get_social_auth
    theirs_: Any = AbstractUserSocialAuth.get_social_auth
    return (
        type(backend).get_legacy_social_auth is not BaseAuth.get_legacy_social_auth
        or getattr(find, "__func__", find) is not theirs_.__func__
    )


def _holds_todays_id(backend: BaseAuth[Any], row: Any, id_key: str) -> bool:
    return (
        row.id_key == id_key
        or (not backend.setting("ID_KEY") and is_todays_id(provider=row.provider, id_key=row.id_key, uid=row.uid))
        or any(identifier_matches(row.extra_data.get(key), row.uid) for key in backend.get_stored_user_id_keys(id_key))
        or (backend.name in conf.adopt_legacy_uids and backend.name not in TAKEN_AT_WILL)
    )


def _prepare(
    backend: BaseAuth[Any], uid: str, id_key: str, response: Mapping[str, Any], identifiers: Sequence[tuple[str, str]]
) -> None:
    """Look at the rows that social-core will, and make them such as it can read; the caller's transaction keeps it.

    :raises AuthAssociationError: one of them must not be adopted by this sign-in.
    """
    keys = {old_uid: old_key for old_key, old_uid in identifiers}
    storage: Any = backend.strategy.storage.user
    rows = storage.objects.filter(provider=backend.name, uid__in=[uid, *keys])
    for row in rows:
        if not get_user_model()._default_manager.filter(pk=row.user_id).exists():
            if row.uid == uid:  # in the way of a new one
                raise _conflict(backend)
            continue
        old_key = keys.get(row.uid)
        if old_key is None:  # written this very moment by another sign-in, which social-core will find
            continue
        evidence = backend.get_stored_user_id_keys(id_key)
        # An id that was never told is no evidence against anyone.
        kept = {k: v for k, v in _as_object(row.extra_data).items() if k not in evidence or v not in (None, "")}
        # The setting SOCIAL_AUTH_OLD_ID_KEYS of migration 0020 may have given an address the label of an id.
        label = old_key if old_key in ADDRESS_KEYS and row.id_key else row.id_key
        if kept != row.extra_data or label != row.id_key:
            rows.filter(pk=row.pk).update(extra_data=kept, id_key=label)
        proven = any(key in kept for key in evidence)
        if not proven and (_is_unverified(old_key, response) or backend.name in TAKEN_AT_WILL):
            raise _conflict(backend)


def _is_unverified(key: str, response: Mapping[str, Any]) -> bool:
    # https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims
    return key == "email" and response.get("email_verified") is not True


def _as_object(extra_data: Any) -> dict[str, Any]:
    """Give `extra_data` as social-core wants it: it was a text once, and may hold JSON within JSON, or nothing."""
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
