"""One profile for each provider of `tests.providers`, and a sign-up with it."""

from typing import Any

from shared.contract.sign_up import Credential
from social import tokens
from social.models import AccessToken, User
from social.sign_up import SignIn, sign_up
from tests.providers import Providers

FACEBOOK = {
    "id": "10011",
    "name": "Ellen Ripley",
    "first_name": "Ellen",
    "last_name": "Ripley",
    "email": "ripley@example.com",
}
GOOGLE = {
    "sub": "100000000000000040011",
    "name": "Ellen Ripley",
    "given_name": "Ellen",
    "family_name": "Ripley",
    "email": "ripley@example.com",
    "email_verified": True,
}
GITHUB = {"id": 60011, "login": "ripley", "name": "Ellen Ripley", "email": "ripley@example.com"}
TWITTER = {"id": 20011, "id_str": "20011", "screen_name": "ripley", "name": "Ellen Ripley"}
INSTAGRAM = {"id": "17841400000030011", "username": "ripley"}
TOKEN = "canary-token"
PROFILES: dict[str, dict[str, Any]] = {
    "facebook": FACEBOOK,
    "google-oauth2": GOOGLE,
    "github": GITHUB,
    "twitter": TWITTER,
    "instagram": INSTAGRAM,
}


def signed_up(
    providers: Providers, provider: str, *, token: str = TOKEN, actor: User | None = None, **changed: Any
) -> SignIn:
    """Sign up with a token that the simulated provider accepts; with an actor, in a call with their access token."""
    fields = providers.knows(provider, token, **{**PROFILES[provider], **changed})
    own = None if actor is None else access_token_of(actor)
    return sign_up(credential=Credential(**fields), token=own, api_version="tests")


def access_token_of(user: User) -> AccessToken:
    """Return the user's newest access token, or a new one."""
    if not AccessToken.objects.filter(user=user).exists():
        tokens.issue(user=user)
    return AccessToken.objects.select_related("user").filter(user=user).latest("pk")
