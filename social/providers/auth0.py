"""Auth0: an id_token of our tenant.

Its `iss` is `https://<domain>/`, its `aud` our application's client id
(https://auth0.com/docs/secure/tokens/id-tokens/validate-id-tokens).
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from social_core.backends.auth0 import Auth0OAuth2

from social.engine.backends import Guarded
from social.oidc.id_tokens import Issuer
from social.providers.open_id_connect import OpenIDConnect


class Auth0Claims(Auth0OAuth2[Any]):
    """social-core's backend, which would verify the id_token itself, with the claims that are verified already."""

    def get_user_details(self, response: Mapping[str, Any]) -> dict[str, Any]:
        """Give the details by the names that the backend has for them."""
        names = {"username": "nickname", "email": "email", "fullname": "name", "user_id": "sub"}
        return {ours: response.get(theirs) for ours, theirs in names.items()}


class Auth0(OpenIDConnect):
    """Auth0 by id_token."""

    backend = "social.providers.auth0.Auth0Claims"
    stable_keys = frozenset({"user_id"})

    @classmethod
    def fault(cls, setting: Callable[[str], Any]) -> str | None:
        """Say that the domain is more or less than a host: the issuer is made of it, letter by letter."""
        domain = str(setting("DOMAIN"))
        if urlsplit(f"https://{domain}").hostname != domain:
            return "DOMAIN is no plain host, in lower case"
        return super().fault(setting)

    def issuer_of(self, backend: Guarded) -> Issuer:
        """Give the tenant of `_DOMAIN`."""
        home = f"https://{backend.setting('DOMAIN')}/"
        return Issuer(frozenset({home}), f"{home}.well-known/jwks.json")
