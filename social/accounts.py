"""Linked identities: list, look at, disconnect without locking anyone out."""

from django.contrib.auth import get_user_model
from django.db import router, transaction
from django.db.models import QuerySet
from social_django.models import UserSocialAuth

from shared.contract.errors import LastLoginMethod, NotFound
from social import signals
from social.conf import conf
from social.models import User
from social.tokens import is_id


def list_for(user: User) -> QuerySet[UserSocialAuth]:
    """Give a user's linked identities, in the order of their ids."""
    return UserSocialAuth.objects.filter(user=user).order_by("id")


def get_for(user: User, account_id: str) -> UserSocialAuth:
    """Give one of a user's linked identities.

    :raises NotFound: for another's, or what is no id.
    """
    account = list_for(user).filter(pk=int(account_id)).first() if is_id(account_id) else None
    if account is None:
        raise NotFound
    return account


def disconnect(*, user: User, account_id: str, api_version: str) -> None:
    """Unlink an identity; access tokens stay valid.

    :raises NotFound: for another's, or what is no id.
    :raises LastLoginMethod: the user could not sign in any more.
    """
    using = router.db_for_write(UserSocialAuth)
    with transaction.atomic(using=using):
        # Two disconnects at once must not each see the other's account as the one that remains.
        # NO KEY: a sign-in holds the association and then points to the user; neither may wait for the other.
        users = get_user_model()._default_manager.using(using).select_for_update(no_key=True)
        locked = users.filter(pk=user.pk).first()
        if locked is None:
            raise NotFound
        account = get_for(locked, account_id)
        if not _can_sign_in_without(account, locked):
            raise LastLoginMethod
        provider, uid = account.provider, account.uid
        account.delete()
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
