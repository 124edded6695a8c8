"""Provider tokens for calls on a user's behalf, refreshed where they have expired."""

import time
from typing import Any

from social_django.models import UserSocialAuth

from social import provider_token_refresh
from social.models import User
from social.provider_token_refresh import SignInRequired
from social.provider_token_storage import StoredTokens, TokenUnreadable

REFRESH_BEFORE_EXPIRY = 60
"""Seconds: an access token that expires sooner is refreshed, so that the caller has time to use it."""


def get_provider_token(*, user: User, provider: str, uid: str | None = None, refused: Any = None) -> Any:
    """Return a user's provider token, for calls on the user's behalf.

    An access token that has expired, or expires within a minute, is refreshed first, if a refresh token came with a
    code. All processes together refresh an association's token once; the other callers wait for the result, at most
    `PROVIDER_TIMEOUT` seconds. No connection to the database is in use during the provider call.

    Do not call it in a transaction: a refresh token that the provider replaces would be lost with a rollback.

    :param uid: the provider's id of the account, if the user has several at the provider; by default the first linked.
    :param refused: a token that this function returned and the provider has since refused, for example with a 401. It
        is refreshed, unless another caller has done so already. Providers revoke tokens, and not all of them say when
        a token expires.
    :returns: an access token as a string; for OAuth 1 a dictionary with `oauth_token` and `oauth_token_secret`; None if
        there is no such account or no stored token.
    :raises SignInRequired: the token has expired or was refused, and there is no refresh token or the provider refuses
        it: the person must sign in at the provider again.
    :raises TokenUnreadable: the token was encrypted with a key that is not in `PROVIDER_TOKEN_KEYS`.
    :raises UnknownProvider: the token must be refreshed, and the provider is not enabled.
    :raises ProviderUnavailable: likewise, and the provider cannot be reached or limits our calls.
    :raises ProviderTimeout: likewise, and the provider, or another caller's refresh, takes too long.
    :raises ProviderBadResponse: likewise, and the provider's answer cannot be used.
    :raises ProviderMisconfigured: likewise, and the provider refuses our registration.
    :raises TokenRejected: likewise, and the provider refuses for a reason that need not be the refresh token.
    :raises RuntimeError: likewise, in a transaction.

    The stored tokens remain after each of these but `SignInRequired`, which removes a refused refresh token.
    """
    accounts = UserSocialAuth.objects.filter(user=user, provider=provider).order_by("id")
    account = (accounts.filter(uid=uid) if uid is not None else accounts).first()
    if account is None:
        return None

    def must_refresh(tokens: StoredTokens) -> bool:
        return _must_refresh(tokens, refused)

    tokens = StoredTokens(account.extra_data)
    if not must_refresh(tokens):
        return tokens.access_token
    return provider_token_refresh.refreshed(account, must_refresh)


def _must_refresh(tokens: StoredTokens, refused: Any) -> bool:
    """Return True if the access token must be refreshed, False if it can be returned.

    :raises SignInRequired: it can be neither.
    """
    token, expires_at = tokens.access_token, tokens.expires_at
    if token is None:
        return tokens.refresh_token is not None
    is_refused = refused is not None and token == refused
    left = None if expires_at is None else expires_at - time.time()
    if not is_refused and (left is None or left > REFRESH_BEFORE_EXPIRY):
        return False
    if tokens.refresh_token is not None:
        return True
    if is_refused or (left is not None and left <= 0):
        raise SignInRequired
    return False


__all__ = ["SignInRequired", "TokenUnreadable", "get_provider_token"]
