"""The refresh of a provider token: one at a time for each association, over all processes and machines.

The holder of a lease, which stands in the association's row, asks the provider (docs/decisions/0023). Each statement
here is in a short transaction of its own, and none is open during the provider call.
"""

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.db import Error, connections, router, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from social_core.exceptions import SocialAuthBaseException
from social_django.models import UserSocialAuth

from shared.contract.errors import ProviderBadResponse, ProviderTimeout, TokenRejected
from shared.http.database import database_is_away, release_connection
from shared.http.redaction import exception_name
from social.conf import conf
from social.engine import backends
from social.engine.failures import translate
from social.engine.policy import Policy
from social.engine.strategy import StatelessStrategy
from social.identify import send_signals
from social.network import deadline
from social.network.concurrency import WAIT_SECONDS, limit_concurrency
from social.provider_token_storage import (
    EXPIRES_AT,
    REFRESH_CLIENT,
    REFRESH_LEASE,
    StoredTokens,
    TokenUnreadable,
    encrypt,
    expiry_of,
    refresh_token_of,
)
from social.providers import registry

logger = logging.getLogger("tandem.providers")

POLL_SECONDS = 0.1
STORE_SECONDS = 10
"""Seconds of a lease beyond the provider call, for storing the result."""
MustRefresh = Callable[[StoredTokens], bool]
"""Returns False if the access token can be used.

:raises SignInRequired: it cannot, and cannot be refreshed."""


class SignInRequired(Exception):
    """The provider accepts none of the stored tokens any more: the person must sign in at the provider again."""


class _Replaced(Exception):
    """Somebody has signed in by code during the refresh, and the tokens of that code are stored."""


@dataclass(frozen=True, slots=True)
class _Lease:
    """The right to use an association's refresh token."""

    pk: int
    holder: str
    tokens: StoredTokens
    """The tokens when the lease began."""
    ends_at: float
    """On this process's monotonic clock."""


def refreshed(account: UserSocialAuth, must_refresh: MustRefresh) -> Any:
    """Return an association's access token after a refresh, by this caller or by another one.

    :param must_refresh: decides from the stored tokens, which other callers may replace at any time.
    :returns: None if the association has been removed.
    :raises Exception: as `social.provider_tokens.get_provider_token` does.
    """
    policy = registry.enabled_policy(account.provider)
    try:
        return _refresh_or_wait(account.pk, account.provider, policy, must_refresh)
    except UserSocialAuth.DoesNotExist:
        return None


def _is_leased(row: Any) -> bool:
    """Return True if a process may be using the refresh token of a row that `_rows` has read."""
    lease = StoredTokens(row.extra_data).extra_data.get(REFRESH_LEASE)
    until = lease.get("until") if isinstance(lease, dict) else None
    return isinstance(until, int | float) and until > row.now.timestamp()


def _refresh_or_wait(pk: int, provider: str, policy: type[Policy], must_refresh: MustRefresh) -> Any:
    gives_up_at = time.monotonic() + conf.provider_timeout
    while True:
        row = _rows().get(pk=pk)
        tokens = StoredTokens(row.extra_data)
        if not must_refresh(tokens):
            return tokens.access_token
        if not _is_leased(row) and (lease := _acquire(pk, must_refresh)) is not None:
            with suppress(_Replaced):
                return _refresh(lease, policy, provider)
        if time.monotonic() + POLL_SECONDS > gives_up_at:
            raise ProviderTimeout
        release_connection(_using())
        time.sleep(POLL_SECONDS)


def _refresh(lease: _Lease, policy: type[Policy], provider: str) -> Any:
    """Refresh with a lease, and return the new access token.

    :raises SignInRequired: the provider refuses the refresh token.
    :raises _Replaced: likewise, but there is a newer one.
    """
    try:
        answer = _ask(lease.tokens, policy, provider)
    except TokenRejected as error:
        if not _is_final(error.__cause__):
            _release(lease)
            raise
        if _forget(lease):
            # Without a cause: the provider's message may repeat the token.
            raise SignInRequired from None
        raise _Replaced from None
    except Exception:
        _release(lease)
        raise
    return _store(lease, answer, provider)


def _ask(tokens: StoredTokens, policy: type[Policy], provider: str) -> dict[str, Any]:
    """Return the answer of the provider's token endpoint to the refresh token.

    :raises ApiError: the provider refuses the token or fails.
    """
    release_connection(_using())
    backend = backends.backend_class(policy, for_code=True)(StatelessStrategy())
    with limit_concurrency(provider), send_signals(provider), deadline.within(conf.provider_timeout):
        try:
            return backend.refresh(tokens)
        except SocialAuthBaseException as error:
            raise translate(error) from error
        except backends.MALFORMED_DATA_ERRORS as error:
            raise ProviderBadResponse from error


def _is_final(error: BaseException | None) -> bool:
    """Return True if the provider says that the refresh token will never work again.

    social-core has this code for `invalid_grant` (RFC 6749 section 5.2) and GitHub's `bad_refresh_token`.
    """
    return isinstance(error, SocialAuthBaseException) and (
        error.code == "reauthentication_required" or error.provider_code == "invalid_grant"
    )


def _acquire(pk: int, must_refresh: MustRefresh) -> _Lease | None:
    """Return a lease of an association's refresh token, unless another holder has it or there is nothing to refresh."""
    seconds = WAIT_SECONDS + conf.provider_timeout + STORE_SECONDS
    holder, ends_at = uuid4().hex, time.monotonic() + seconds

    def change(row: Any, tokens: StoredTokens) -> dict[str, Any] | None:
        if _is_leased(row) or not must_refresh(tokens):
            return None
        return {REFRESH_LEASE: {"holder": holder, "until": row.now.timestamp() + seconds}}

    tokens = _change(pk, change)
    return None if tokens is None else _Lease(pk, holder, tokens, ends_at)


def _store(lease: _Lease, answer: Mapping[str, Any], provider: str) -> Any:
    """Store the tokens in the answer, and return the new access token.

    A refresh token that has been used may be dead, so the write is repeated as long as the lease lasts.
    """
    old, new = lease.tokens, refresh_token_of(answer)
    token, expires_at = answer["access_token"], expiry_of(answer)

    def change(row: Any, tokens: StoredTokens) -> dict[str, Any] | None:
        if tokens.refresh_token not in {None, old.refresh_token}:
            return None  # it came with a newer code
        changes: dict[str, Any] = {"refresh_token": encrypt(new)} if new else {}
        if tokens.access_token == old.access_token:  # else somebody has signed in since
            changes |= {"access_token": encrypt(token), EXPIRES_AT: expires_at}
        return changes | _without_lease(lease, tokens)

    while True:
        try:
            _change(lease.pk, change)
        except Error as error:
            if not database_is_away(error) or time.monotonic() > lease.ends_at:
                _log_loss(lease, provider, error)
                raise
            connections[_using()].close()
            time.sleep(POLL_SECONDS)
        except TokenUnreadable as error:  # a process with other keys has written the row meanwhile
            _log_loss(lease, provider, error)
            raise
        else:
            return token


def _forget(lease: _Lease) -> bool:
    """Remove the refresh token that the lease is for; return False if either of the tokens has been replaced."""

    def change(row: Any, tokens: StoredTokens) -> dict[str, Any] | None:
        if tokens.refresh_token != lease.tokens.refresh_token:
            return None
        return {"refresh_token": None, REFRESH_CLIENT: None, REFRESH_LEASE: None}

    before = _change(lease.pk, change)
    return before is not None and before.access_token == lease.tokens.access_token


def _release(lease: _Lease) -> None:
    """End the lease; if the database is away, it ends by itself."""
    with suppress(Error, UserSocialAuth.DoesNotExist):
        _change(lease.pk, lambda row, tokens: _without_lease(lease, tokens) or None)


def _without_lease(lease: _Lease, tokens: StoredTokens) -> dict[str, Any]:
    current = tokens.extra_data.get(REFRESH_LEASE)
    is_ours = isinstance(current, dict) and current.get("holder") == lease.holder
    return {REFRESH_LEASE: None} if is_ours else {}


def _log_loss(lease: _Lease, provider: str, error: Exception) -> None:
    logger.error(
        "The refreshed tokens of association %s (%s) could not be stored: %s", lease.pk, provider, exception_name(error)
    )


def _change(pk: int, change: Callable[[Any, StoredTokens], dict[str, Any] | None]) -> StoredTokens | None:
    """Change an association's `extra_data` in a transaction of its own; return the tokens before, None if unchanged.

    :param change: returns the new values by name; nothing is written if there is none.
    :raises UserSocialAuth.DoesNotExist: the association has been removed.
    :raises RuntimeError: the caller has begun a transaction.
    """
    with transaction.atomic(using=_using(), durable=True):
        # SQLite has no row locks, but only one transaction writes at a time.
        row = _rows().select_for_update().get(pk=pk)
        tokens = StoredTokens(row.extra_data)
        changes = change(row, tokens)
        if not changes:
            return None
        _rows().filter(pk=pk).update(extra_data={**tokens.extra_data, **changes})
        return tokens


def _rows() -> QuerySet[UserSocialAuth]:
    """Return the associations with the time of the database, the one clock that all processes share."""
    return UserSocialAuth.objects.using(_using()).annotate(now=Now())


def _using() -> str:
    return router.db_for_write(UserSocialAuth)
