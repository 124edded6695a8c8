"""The one call: sign up, sign in, or link."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, router, transaction
from social_core.exceptions import SocialAuthBaseException
from social_django.models import UserSocialAuth

from shared.contract.errors import AccountInactive, InteractionRequired, InvalidCredentials, SignUpNotAllowed
from shared.contract.sign_up import Credential
from shared.http.database import release_connection
from shared.http.failures import code_of
from social import signals, tokens
from social.engine.failures import translate
from social.identify import Identity, identify
from social.models import User

ATTEMPTS = 4
"""How often a lost race is run again. The second run finds what the winner wrote; more is for names."""
_RACED = frozenset({"identity_in_use", "username_in_use"})


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a sign-up came to. `token` is None for a call that had a credential already."""

    user: User
    provider: str
    outcome: str
    token: str | None
    token_expires_at: datetime | None


def sign_up(*, credential: Credential, actor: User | None, api_version: str) -> SignIn:
    """Sign a person up or in by a provider's token, or link the identity to the caller.

    :param credential: checked in form, not yet proven.
    :param actor: the authenticated user making the call, or None.
    :param api_version: which version is called (`v2`), for those who listen to the signals.
    :raises AccountInUse: the identity belongs to another user than the actor.
    :raises InvalidCredentials: the actor is gone or inactive by now.
    :raises AccountInactive: the user it belongs to is inactive.
    :raises AccountConflict: it cannot be decided which user this is.
    :raises SignUpNotAllowed: the operator's allow lists or pipeline refuse.
    :raises InteractionRequired: the pipeline wants to redirect or to ask.
    :raises ApiError: what `identify` raises.
    """
    try:
        signed_in = _sign_up(credential, actor, api_version)
    except Exception as error:
        _tell(code_of(error), credential, api_version)
        raise
    _tell(signed_in.outcome, credential, api_version)
    return signed_in


def _sign_up(credential: Credential, actor: User | None, api_version: str) -> SignIn:
    # The provider may take its whole deadline; others need the connection meanwhile.
    release_connection(router.db_for_write(UserSocialAuth))
    identity = identify(credential)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _store(identity, credential, actor, api_version, has_been_tried=attempt > 1)
        except SocialAuthBaseException as error:
            if attempt == ATTEMPTS or not _lost_a_race(error):
                raise translate(error) from error
        except IntegrityError:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def _tell(outcome: str, credential: Credential, api_version: str) -> None:
    signals.sign_up_ended.send_robust(
        sender=None, provider=credential.provider, api_version=api_version, outcome=outcome
    )


def _store(
    identity: Identity, credential: Credential, actor: User | None, api_version: str, *, has_been_tried: bool
) -> SignIn:
    with transaction.atomic(using=router.db_for_write(UserSocialAuth)):
        user = identity.strategy.run(
            identity.pending,
            user=_as_it_is_now(actor) if actor is not None else None,
            credential=credential,
            api_version=api_version,
            has_been_tried=has_been_tried,
        )
        if user is None:
            raise SignUpNotAllowed
        if not isinstance(user, get_user_model()):
            # A step wants to redirect; what it has stored for its return goes with the transaction.
            raise InteractionRequired
        if not user.is_active:
            raise AccountInactive
        finished = identity.backend.finished or {}
        outcome = _outcome(finished, actor)
        issued = tokens.issue(user=user, may_be_many=_may_hold_many_tokens(finished, user)) if actor is None else None
        _announce(outcome, user, identity, api_version)
    return SignIn(
        user=user,
        provider=identity.provider,
        outcome=outcome,
        token=issued.value if issued else None,
        token_expires_at=issued.expires_at if issued else None,
    )


def _as_it_is_now(actor: User) -> User:
    """Look at the caller again: the provider may have taken seconds, in which a user can be deactivated or deleted."""
    users = get_user_model()._default_manager.using(router.db_for_write(UserSocialAuth))
    known: User | None = users.select_for_update(no_key=True).filter(pk=actor.pk).first()
    if known is None or not known.is_active:
        raise InvalidCredentials
    return known


def _outcome(finished: Mapping[str, Any], actor: User | None) -> str:
    if finished.get("is_new"):
        return "created"
    return "linked" if actor is not None and finished.get("new_association") else "signed_in"


def _may_hold_many_tokens(finished: Mapping[str, Any], user: User) -> bool:
    if finished.get("is_new"):
        return False
    # What the look-up has seen is about the association's user; a step of the operator's may have chosen another.
    known = finished.get("social")
    return known is None or known.user_id != user.pk or bool(finished.get("may_hold_many_tokens", True))


def _announce(outcome: str, user: User, identity: Identity, api_version: str) -> None:
    signal = {"created": signals.signed_up, "linked": signals.linked, "signed_in": signals.signed_in}[outcome]
    transaction.on_commit(
        # robust: the person is signed in, whatever a listener makes of it.
        lambda: signal.send_robust(
            sender=type(user), user=user, provider=identity.provider, uid=identity.uid, api_version=api_version
        ),
        using=router.db_for_write(UserSocialAuth),
    )


def _lost_a_race(error: SocialAuthBaseException) -> bool:
    """Say whether another caller wrote between our look and our write: then a second look decides."""
    if error.code not in _RACED:
        return False
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, IntegrityError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
