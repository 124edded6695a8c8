"""What adapters call: authentication, rate limits, and the operations that the declarations name.

Each operation takes a `Call` whose access, input and filters have been checked as declared.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from social_django.models import UserSocialAuth

from shared.contract import authorization
from shared.contract import sign_up as sign_up_fields
from shared.contract.errors import ApiError, CredentialsInUrl, InvalidCredentials, NotFound
from shared.contract.paging import Query
from shared.contract.resources import Access, Call, Operation
from shared.contract.sign_up import Credential
from shared.http import logs
from social import accounts, limits, tokens
from social import sign_up as sign_ups
from social.conf import conf
from social.models import AccessToken, User
from social.providers import registry
from social.providers.catalogue import CATALOGUE
from social.sign_up import SignIn


def authenticate(query: Query, meta: Mapping[str, Any]) -> AccessToken | None:
    """Return the access token of a call, with its user loaded; None for a call without `Authorization`.

    :param query: the query parameters; `api_key` is refused, whatever else was sent.
    :param meta: the request's `META`.
    :raises CredentialsInUrl: the query has an `api_key`, in which clients of older APIs could send their key.
    :raises InvalidCredentials: `Authorization` is present and cannot be used; it is never treated as absent.
    :raises Throttled: as for `InvalidCredentials`, and the address has exceeded its rate limit.
    """
    if "api_key" in query:
        raise CredentialsInUrl
    header = meta.get("HTTP_AUTHORIZATION")
    if header is None:
        return None
    try:
        return tokens.authenticate(authorization.parse(header))
    except InvalidCredentials:
        limits.count_address(limits.client_address(meta))
        raise


def count_call(operation: Operation, token: AccessToken | None, meta: Mapping[str, Any]) -> None:
    """Count a call towards a rate limit: the user's if it is authenticated, else the address's; not for public calls.

    :param meta: the request's `META`.
    :raises Throttled: the rate limit is exceeded.
    """
    if operation.access is Access.PUBLIC:
        return
    if token is None:
        limits.count_address(limits.client_address(meta))
    else:
        limits.count_user(token.user_id)


def read_credential(data: Mapping[str, Any]) -> Credential:
    """Validate the fields of a sign-up for the enabled providers, and return them as a credential.

    :raises UnknownProvider: the provider is not enabled; the other fields are not checked.
    :raises InvalidRequest: with every invalid field, in the order of the declaration.
    """
    try:
        return sign_up_fields.read_credential(data, registry.accepted_of)
    except ApiError:
        logs.note(provider=_known_provider(data.get("provider")))
        raise


def _known_provider(name: object) -> str:
    """Return the name of a provider for the log, enabled or not; `(unknown)` for a text that is no such name."""
    return name if isinstance(name, str) and (name in conf.providers or name in CATALOGUE) else "(unknown)"


def sign_up(call: Call) -> SignIn:
    """Sign up, sign in or link with the credential in the body (`social.sign_up.sign_up`)."""
    return sign_ups.sign_up(credential=call.input, token=call.token, api_version=call.version)


def list_providers(call: Call) -> Sequence[tuple[str, registry.Enabled]]:
    """Return the enabled providers with their names, ordered by name."""
    return tuple(registry.enabled().items())


def list_users(call: Call) -> Sequence[User]:
    """Return a list of the caller's own user."""
    return [call.actor]


def get_user(call: Call) -> User:
    """Return the caller's own user.

    :raises NotFound: the id is another user's, or that of no user.
    """
    user: User = call.actor
    if call.id != str(user.pk):
        raise NotFound
    return user


def list_social_accounts(call: Call) -> QuerySet[UserSocialAuth]:
    """Return the caller's linked identities."""
    return accounts.list_for(call.actor)


def get_social_account(call: Call) -> UserSocialAuth:
    """Return one of the caller's linked identities.

    :raises NotFound: the caller has no such identity.
    """
    return accounts.get_for(call.actor, call.id)


def delete_social_account(call: Call) -> None:
    """Disconnect one of the caller's identities (`social.accounts.disconnect`)."""
    accounts.disconnect(token=call.token, account_id=call.id, api_version=call.version)


def list_tokens(call: Call) -> QuerySet[AccessToken]:
    """Return the caller's live tokens."""
    return tokens.list_for(call.actor)


def delete_tokens(call: Call) -> None:
    """Revoke all of the caller's tokens.

    :raises RecentSignInRequired: the last proof of an identity with the call's token is too old.
    """
    tokens.require_recent_proof(call.token)
    tokens.revoke_all(call.actor)


def get_token(call: Call) -> AccessToken:
    """Return one of the caller's live tokens.

    :raises NotFound: the caller has no such token, or it has expired.
    """
    return tokens.get_for(call.actor, call.id)


def delete_token(call: Call) -> None:
    """Revoke one of the caller's tokens.

    :raises NotFound: the caller has no such token, or it has expired.
    """
    tokens.revoke(tokens.get_for(call.actor, call.id))


def get_current_token(call: Call) -> AccessToken:
    """Return the token of the call."""
    token: AccessToken = call.token
    return token


def delete_current_token(call: Call) -> None:
    """Revoke the token of the call."""
    tokens.revoke(call.token)
