"""Linked identities (associations) of a user: list, get, disconnect."""

from django.contrib.auth import get_user_model
from django.db import router, transaction
from django.db.models import QuerySet
from social_django.models import UserSocialAuth

from shared.contract.errors import LastLoginMethod, NotFound
from social import signals, tokens
from social.conf import conf
from social.models import AccessToken, User


def list_for(user: User) -> QuerySet[UserSocialAuth]:
    """Return a user's linked identities, ordered by id."""
    return UserSocialAuth.objects.filter(user=user).order_by("id")


def get_for(user: User, account_id: str) -> UserSocialAuth:
    """Return one of a user's linked identities.

    :raises NotFound: the identity does not exist, belongs to another user, or `account_id` is not an id.
    """
    account = list_for(user).filter(pk=int(account_id)).first() if tokens.is_id(account_id) else None
    if account is None:
        raise NotFound
    return account


def disconnect(*, token: AccessToken, account_id: str, api_version: str) -> None:
    """Delete the link to an identity of the caller, whose access tokens stay valid.

    :param token: the access token of the call, with its user loaded.
    :raises NotFound: the identity does not exist, belongs to another user, or `account_id` is not an id.
    :raises RecentSignInRequired: the token's last proof of an identity is too old.
    :raises LastLoginMethod: the user could not sign in afterwards.
    :raises InvalidCredentials: the token has been revoked during the call.
    """
    user = token.user
    using = router.db_for_write(UserSocialAuth)
    with transaction.atomic(using=using):
        # Two simultaneous disconnects must not each count the other's identity as the remaining one.
        # NO KEY: a sign-in locks the association and then inserts a reference to the user; a full lock would deadlock.
        users = get_user_model()._default_manager.using(using).select_for_update(no_key=True)
        locked = users.filter(pk=user.pk).first()
        if locked is None:
            raise NotFound
        account = get_for(locked, account_id)
        tokens.require_recent_proof(token)
        if not _can_sign_in_without(account, locked):
            raise LastLoginMethod
        provider, uid = account.provider, account.uid
        account.delete()
        tokens.lock(token)
        transaction.on_commit(
            lambda: signals.disconnected.send_robust(
                sender=type(user), user=user, provider=provider, uid=uid, api_version=api_version
            ),
            using=using,
        )


def _can_sign_in_without(account: UserSocialAuth, user: User) -> bool:
    if conf.password_counts_as_login and user.has_usable_password():
        return True
    return list_for(user).filter(provider__in=conf.providers).exclude(pk=account.pk).exists()
