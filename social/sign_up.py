"""Sign up, sign in, or link an identity: prove the credential, then store the result in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, router, transaction
from social_core.exceptions import SocialAuthBaseException
from social_django.models import UserSocialAuth

from shared.contract.errors import (
    AccountConflict,
    AccountInactive,
    InteractionRequired,
    InvalidCredentials,
    SignUpNotAllowed,
)
from shared.contract.sign_up import Credential
from shared.http import logs
from shared.http.database import release_connection
from shared.http.failures import code_of
from social import signals, tokens
from social.engine.failures import translate
from social.engine.pipeline import NotUnique
from social.identify import Identity, identify
from social.models import AccessToken, User

ATTEMPTS = 4
"""How often the transaction runs if another caller writes first. The second attempt finds what the other has written;
the third and fourth are for user names."""
_RACED = frozenset({"identity_in_use", "username_in_use"})


@dataclass(frozen=True, slots=True)
class SignIn:
    """The result of a sign-up. `token` is None if the call was authenticated."""

    user: User
    provider: str
    outcome: str
    token: str | None
    token_expires_at: datetime | None


def sign_up(*, credential: Credential, token: AccessToken | None, api_version: str) -> SignIn:
    """Sign a person up or in with a provider's credential, or link the identity to the caller.

    :param credential: validated, not yet proven.
    :param token: the access token of the call, with its user loaded (the actor); None for an anonymous call.
    :param api_version: the version of the API that was called (`v2`), for the signals' receivers.
    :raises AccountInUse: the identity belongs to another user than the actor.
    :raises RecentSignInRequired: the identity is nobody's, and the token's last proof of an identity is too old.
    :raises InvalidCredentials: the actor has been deleted or deactivated, or the token revoked, during the call.
    :raises AccountInactive: the identity's user is inactive.
    :raises AccountConflict: the identity cannot be assigned to one user.
    :raises SignUpNotAllowed: the operator's allow lists or pipeline refuse the person.
    :raises InteractionRequired: a step of the pipeline needs a redirect or an input.
    :raises ApiError: as raised by `identify`.
    """
    try:
        signed_in = _sign_up(credential, token, api_version)
    except Exception as error:
        logs.note(provider=credential.provider)
        _send_ended(code_of(error), credential, api_version)
        raise
    _send_ended(signed_in.outcome, credential, api_version)
    return signed_in


def _sign_up(credential: Credential, token: AccessToken | None, api_version: str) -> SignIn:
    # The provider calls may take the whole deadline; other requests need the connection during that time.
    release_connection(router.db_for_write(UserSocialAuth))
    identity = identify(credential)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _store(identity, credential, token, api_version, has_been_tried=attempt > 1)
        except SocialAuthBaseException as error:
            if attempt == ATTEMPTS or not _lost_a_race(error):
                raise translate(error) from error
        except IntegrityError as error:
            if attempt == ATTEMPTS:
                if isinstance(error, NotUnique) and error.is_of_address():
                    raise AccountConflict from error
                raise
    raise AssertionError("unreachable")


def _send_ended(outcome: str, credential: Credential, api_version: str) -> None:
    signals.sign_up_ended.send_robust(
        sender=None, provider=credential.provider, api_version=api_version, outcome=outcome
    )


def _store(
    identity: Identity, credential: Credential, token: AccessToken | None, api_version: str, *, has_been_tried: bool
) -> SignIn:
    with transaction.atomic(using=router.db_for_write(UserSocialAuth)):
        user = identity.strategy.run(
            identity.pending,
            user=_reload(token.user) if token is not None else None,
            credential=credential,
            api_version=api_version,
            has_been_tried=has_been_tried,
            check_link=partial(tokens.require_recent_proof, token) if token is not None else None,
        )
        if user is None:
            raise SignUpNotAllowed("pipeline_returned_no_user")
        if not isinstance(user, get_user_model()):
            # A step returned a redirect; the rollback removes the partial pipeline that it has stored.
            raise InteractionRequired("pipeline_redirects")
        if not user.is_active:
            logs.note(user=user.pk)
            raise AccountInactive
        result = identity.backend.pipeline_result or {}
        outcome = _outcome(result, token)
        issued = None
        if token is None:
            may_exceed_limit = _may_exceed_limit(result, user)
            issued = tokens.issue(user=user, presented=identity.identifying_part, may_exceed_limit=may_exceed_limit)
        else:
            _check_token(token, outcome, user)
        _send_on_commit(outcome, user, identity, api_version)
    return SignIn(
        user=user,
        provider=identity.provider,
        outcome=outcome,
        token=issued.value if issued else None,
        token_expires_at=issued.expires_at if issued else None,
    )


def _reload(actor: User) -> User:
    """Return the actor from the database, locked: the user may have been deactivated or deleted during provider calls.

    :raises InvalidCredentials: the user no longer exists or is inactive.
    """
    users = get_user_model()._default_manager.using(router.db_for_write(UserSocialAuth))
    known: User | None = users.select_for_update(no_key=True).filter(pk=actor.pk).first()
    if known is None or not known.is_active:
        raise InvalidCredentials("user_gone_during_call")
    return known


def _check_token(token: AccessToken, outcome: str, user: User) -> None:
    """Check that the token of an authenticated sign-up still allows it; record a proof of the actor's own identity.

    :raises RecentSignInRequired: an identity was linked, and the token's last proof is too old. Our step of the
        pipeline has checked this already; the operator's pipeline may have another step in its place.
    :raises InvalidCredentials: the token has been revoked during the call.
    """
    if outcome == "signed_in" and user.pk == token.user_id:
        tokens.record_proof(token)
        return
    tokens.require_recent_proof(token)
    tokens.lock(token)


def _outcome(result: Mapping[str, Any], token: AccessToken | None) -> str:
    if result.get("is_new"):
        return "created"
    return "linked" if token is not None and result.get("new_association") else "signed_in"


def _may_exceed_limit(result: Mapping[str, Any], user: User) -> bool:
    """Return False if the user is known to have few tokens, so that `tokens.issue` need not count them."""
    if result.get("is_new"):
        return False
    # The lookup counted the tokens of the association's user; a step of the operator may have chosen another user.
    known = result.get("social")
    return known is None or known.user_id != user.pk or bool(result.get("may_hold_many_tokens", True))


def _send_on_commit(outcome: str, user: User, identity: Identity, api_version: str) -> None:
    signal = {"created": signals.signed_up, "linked": signals.linked, "signed_in": signals.signed_in}[outcome]
    transaction.on_commit(
        # send_robust: the person is signed in even if a receiver fails.
        lambda: signal.send_robust(
            sender=type(user), user=user, provider=identity.provider, uid=identity.uid, api_version=api_version
        ),
        using=router.db_for_write(UserSocialAuth),
    )


def _lost_a_race(error: SocialAuthBaseException) -> bool:
    """Return True if another caller wrote the identity or the name between our lookup and our write."""
    if error.code not in _RACED:
        return False
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, IntegrityError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
