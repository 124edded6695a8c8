"""The service's results as values of the declared bodies."""

from typing import Any

from django.utils import timezone
from social_django.models import UserSocialAuth

from shared.contract import declarations
from shared.contract.resources import Call
from social.models import AccessToken, User
from social.providers.registry import Enabled
from social.sign_up import SignIn
from social.tokens import expiry_of


def provider(enabled: tuple[str, Enabled], call: Call) -> dict[str, Any]:
    """Return an enabled provider."""
    name, provider = enabled
    accepts = [list(one) for one in provider.accepted.sets]
    return {"name": name, "protocol": provider.policy.protocol, "accepts": accepts}


def user(found: User, call: Call) -> dict[str, Any]:
    """Return the caller's own user."""
    key: object = found.pk
    identifier = key if isinstance(key, int) else str(key)
    return {
        "id": identifier,
        "username": found.get_username(),
        "email": _text(found, found.get_email_field_name()),
        "first_name": _text(found, "first_name"),
        "last_name": _text(found, "last_name"),
        "resource_uri": declarations.USER.uri(call.prefix, id=identifier),
    }


def sign_in(signed_in: SignIn, call: Call) -> dict[str, Any]:
    """Return the result of a sign-up."""
    return {
        **user(signed_in.user, call),
        "provider": signed_in.provider,
        "outcome": signed_in.outcome,
        "token": signed_in.token,
        "token_expires_at": signed_in.token_expires_at,
    }


def social_account(account: UserSocialAuth, call: Call) -> dict[str, Any]:
    """Return a linked identity."""
    return {
        "id": account.pk,
        "provider": account.provider,
        "uid": account.uid,
        "created": account.created,
        "resource_uri": declarations.SOCIAL_ACCOUNT.uri(call.prefix, id=account.pk),
    }


def token(found: AccessToken, call: Call) -> dict[str, Any]:
    """Return an access token without its value."""
    return {
        "id": found.pk,
        "created": found.created,
        "last_used": found.last_used,
        "expires_at": expiry_of(found, timezone.now()),
        "current": found.pk == call.token.pk,
        "resource_uri": declarations.TOKEN.uri(call.prefix, id=found.pk),
    }


def _text(found: User, field: str) -> str:
    """Return a text field of the user, or "" if a custom model has none."""
    value = getattr(found, field, "")
    return value if isinstance(value, str) else ""
