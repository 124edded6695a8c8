"""Auth0: an id_token of our tenant.

`iss` is `https://<domain>/`, `aud` our application's client id
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
    """social-core's backend, without its own verification of the id_token: the claims are verified already."""

    def get_user_details(self, response: Mapping[str, Any]) -> dict[str, Any]:
        """Return the details under the names that the backend uses."""
        names = {"username": "nickname", "email": "email", "fullname": "name", "user_id": "sub"}
        return {ours: response.get(theirs) for ours, theirs in names.items()}


class Auth0(OpenIDConnect):
    """Auth0 by id_token."""

    backend = "social.providers.auth0.Auth0Claims"
    stable_keys = frozenset({"user_id"})

    @classmethod
    def find_setting_error(cls, setting: Callable[[str], Any]) -> str | None:
        """Check that the domain is a host in lower case: the issuer contains it literally."""
        domain = str(setting("DOMAIN"))
        if urlsplit(f"https://{domain}").hostname != domain:
            return "DOMAIN is not a host name in lower case"
        return super().find_setting_error(setting)

    def issuer_of(self, backend: Guarded) -> Issuer:
        """Return the issuer of the tenant `_DOMAIN`."""
        url = f"https://{backend.setting('DOMAIN')}/"
        return Issuer(frozenset({url}), f"{url}.well-known/jwks.json")
