"""Providers that issue id_tokens: their settings, and valid and invalid id_tokens of one user."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any

import jwt
import responses
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import override_settings
from social_core.utils import setting_name

from tests.contract.answers import Response, assert_error
from tests.contract.users import all_rows

OURS = "our-client-id"
TENANT = "11111111-2222-4333-8444-555555555555"
OTHER_TENANT = "99999999-2222-4333-8444-555555555555"
MICROSOFT = "https://login.microsoftonline.com"
B2C = "https://tandem.b2clogin.com"


@dataclass(frozen=True)
class Signer:
    """One provider: its issuer, the URLs of its keys and of its configuration, and further claims."""

    issuer: str
    keys_url: str
    settings: Mapping[str, str] = field(default_factory=dict)
    configuration_url: str | None = None
    published_issuer: str | None = None
    claims: Mapping[str, Any] = field(default_factory=dict)
    key_members: Mapping[str, Any] = field(default_factory=dict)
    """Further members of each of its keys."""

    def enabled(self, name: str) -> override_settings:
        ours = {"KEY": OURS, "SECRET": "our-secret", **self.settings}
        named = {setting_name(name, setting): value for setting, value in ours.items()}
        return override_settings(SOCIAL_PROVIDERS=[name], **named)

    def register(self, mock: responses.RequestsMock, **key_members: Any) -> None:
        """Register the configuration and the keys as answers."""
        if self.configuration_url:
            published = {"issuer": self.published_issuer or self.issuer, "jwks_uri": self.keys_url}
            mock.get(self.configuration_url, json=published)
        mock.get(self.keys_url, json=self.key_set("k1", **key_members))

    def key_set(self, kid: str, **key_members: Any) -> dict[str, Any]:
        """Return a key set of one key."""
        return {"keys": [{**public("theirs"), "kid": kid, **self.key_members, **key_members}]}

    def token(
        self, *, by: str = "theirs", kid: str = "k1", header: Mapping[str, Any] = MappingProxyType({}), **claims: Any
    ) -> str:
        """Sign an id_token of the test user; a claim that is None is left out.

        :param header: further members of the header; a `typ` that is None is left out.
        """
        now = int(time.time())
        content = {
            "iss": self.issuer,
            "aud": OURS,
            "sub": "10031",
            "iat": now - 5,
            "exp": now + 3600,
            "email": "ripley@example.com",
            "email_verified": True,
            **self.claims,
            **claims,
        }
        kept = {name: value for name, value in content.items() if value is not None}
        # jwt.encode refuses to sign some of the claims that the tests need.
        headers = {"kid": kid, **header}
        return jwt.PyJWS().encode(json.dumps(kept).encode(), private(by), algorithm="RS256", headers=headers)


@cache
def private(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def public(name: str) -> dict[str, Any]:
    return {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private(name).public_key())), "use": "sig"}


SIGNERS: Mapping[str, Signer] = {
    "google-oauth2": Signer("https://accounts.google.com", "https://www.googleapis.com/oauth2/v3/certs"),
    "google-openidconnect": Signer("accounts.google.com", "https://www.googleapis.com/oauth2/v3/certs"),
    "apple-id": Signer(
        "https://appleid.apple.com", "https://appleid.apple.com/auth/keys", {"CLIENT": OURS, "KEY": "a-key-id"}
    ),
    "facebook": Signer("https://www.facebook.com", "https://limited.facebook.com/.well-known/oauth/openid/jwks/"),
    "facebook-limited-login": Signer(
        "https://www.facebook.com", "https://limited.facebook.com/.well-known/oauth/openid/jwks/"
    ),
    "oidc": Signer(
        "https://login.example.com",
        "https://login.example.com/jwks",
        {"OIDC_ENDPOINT": "https://login.example.com"},
        "https://login.example.com/.well-known/openid-configuration",
    ),
    "linkedin-openidconnect": Signer(
        "https://www.linkedin.com/oauth",
        "https://www.linkedin.com/oauth/openid/jwks",
        configuration_url="https://www.linkedin.com/oauth/.well-known/openid-configuration",
    ),
    "auth0": Signer(
        "https://tandem.auth0.com/", "https://tandem.auth0.com/.well-known/jwks.json", {"DOMAIN": "tandem.auth0.com"}
    ),
    "azuread-oauth2": Signer(
        f"https://sts.windows.net/{TENANT}/",
        f"{MICROSOFT}/common/discovery/keys",
        {"TENANTS": TENANT},
        f"{MICROSOFT}/common/.well-known/openid-configuration",
        "https://sts.windows.net/{tenantid}/",
        {"tid": TENANT},
        {"issuer": "https://sts.windows.net/{tenantid}/"},
    ),
    "azuread-v2-tenant-oauth2": Signer(
        f"{MICROSOFT}/{TENANT}/v2.0",
        f"{MICROSOFT}/{TENANT}/discovery/v2.0/keys",
        {"TENANT_ID": TENANT},
        f"{MICROSOFT}/{TENANT}/v2.0/.well-known/openid-configuration",
        claims={"tid": TENANT, "preferred_username": "ripley@example.com"},
        key_members={"issuer": MICROSOFT + "/{tenantid}/v2.0"},
    ),
    "azuread-b2c-oauth2": Signer(
        f"{B2C}/{TENANT}/v2.0/",
        f"{B2C}/tandem.onmicrosoft.com/b2c_1_in/discovery/v2.0/keys",
        {"TENANT_NAME": "tandem", "POLICY": "b2c_1_in"},
        f"{B2C}/tandem.onmicrosoft.com/v2.0/.well-known/openid-configuration",
        claims={"tfp": "B2C_1_in"},
    ),
}


def refused(answer: Response, code: str) -> None:
    """Check that a sign-up was refused with this code, and that no user and no association was written."""
    assert_error(answer, code)
    assert not any(all_rows()["auth.User"] + all_rows()["social_django.UserSocialAuth"])
