"""The service's results as bodies of the contract; `prefix` is the calling version's, `/api/v2/`."""

from typing import Any

from django.utils import timezone
from social_django.models import UserSocialAuth

from shared.contract import bodies, endpoints
from social.models import AccessToken, User
from social.providers import registry
from social.sign_up import SignIn
from social.tokens import expiry_of


def root_body(prefix: str) -> dict[str, Any]:
    """What there is, as clients of v1 are used to having it listed."""
    return {one.resource: {"list_endpoint": one.uri(prefix)} for one in endpoints.LISTED}


def provider_bodies() -> list[dict[str, Any]]:
    """The enabled providers, in the order of their names."""
    return [
        bodies.PROVIDER.render(
            {"name": name, "protocol": policy.protocol, "accepts": [list(one) for one in policy.accepts]}
        )
        for name, policy in registry.enabled().items()
    ]


def user_body(user: User, prefix: str) -> dict[str, Any]:
    """A user as they see themselves."""
    return bodies.USER.render(_user_values(user, prefix))


def sign_in_body(signed_in: SignIn, prefix: str) -> dict[str, Any]:
    """What a sign-up came to."""
    return bodies.SIGN_IN.render(
        {
            **_user_values(signed_in.user, prefix),
            "provider": signed_in.provider,
            "outcome": signed_in.outcome,
            "token": signed_in.token,
            "token_expires_at": signed_in.token_expires_at,
        }
    )


def account_body(account: UserSocialAuth, prefix: str) -> dict[str, Any]:
    """A linked identity."""
    return bodies.SOCIAL_ACCOUNT.render(
        {
            "id": account.pk,
            "provider": account.provider,
            "uid": account.uid,
            "created": account.created,
            "resource_uri": endpoints.SOCIAL_ACCOUNT.uri(prefix, id=account.pk),
        }
    )


def token_body(token: AccessToken, prefix: str, *, current: AccessToken) -> dict[str, Any]:
    """A credential, without its value."""
    return bodies.TOKEN.render(
        {
            "id": token.pk,
            "created": token.created,
            "last_used": token.last_used,
            "expires_at": expiry_of(token, timezone.now()),
            "current": token.pk == current.pk,
            "resource_uri": endpoints.TOKEN.uri(prefix, id=token.pk),
        }
    )


def _user_values(user: User, prefix: str) -> dict[str, Any]:
    key: object = user.pk
    identifier = key if isinstance(key, int) else str(key)
    return {
        "id": identifier,
        "username": user.get_username(),
        "email": _text(user, user.get_email_field_name()),
        "first_name": _text(user, "first_name"),
        "last_name": _text(user, "last_name"),
        "resource_uri": endpoints.USER.uri(prefix, id=identifier),
    }


def _text(user: User, field: str) -> str:
    """Give a text of the user, "" where a custom model has none."""
    value = getattr(user, field, "")
    return value if isinstance(value, str) else ""
