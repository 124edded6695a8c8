"""Issuers of id_tokens, which sign with a key of this module and publish it at the provider's URL."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from requests import PreparedRequest
from social_core.utils import setting_name

from social.providers.catalogue import CATALOGUE, hosts_of
from tests.breadth import social_core_logins

KEY = "a-key"
UID = "10026"
TENANT = "11111111-2222-4333-8444-555555555555"
SETTING_VALUES: Mapping[str, str] = {
    "API_URL": "https://id.example.com/oauth2",
    "CLIENT": KEY,
    "DOMAIN": "id.example.com",
    "OIDC_ENDPOINT": "https://id.example.com",
    "POLICY": "b2c_1_signin",
    "TENANT_ID": TENANT,
    "TENANT_NAME": "ourtenant",
    "TENANTS": TENANT,
}
"""Values of the settings that backends require."""
UNPUBLISHED: Mapping[str, str] = {
    "apple-id": "https://appleid.apple.com",
    "auth0": "https://id.example.com/",
    "facebook-limited-login": "https://www.facebook.com",
    "google-openidconnect": "https://accounts.google.com",
}
"""Issuers that are known without discovery."""
COPIED = {"fence"}
"""Providers whose configuration in social-core's tests is that of another provider."""


@dataclass
class Issuer:
    """The issuer of one provider's id_tokens."""

    name: str
    settings: Mapping[str, Any]
    configuration: Mapping[str, Any] | None
    """The configuration in social-core's tests."""

    def id_token(self, **claims: Any) -> str:
        """Sign an id_token of the test user."""
        now = int(time.time())
        issuer = UNPUBLISHED.get(self.name) or self._published()["issuer"]
        known = {
            "preferred_username": "ripley",
            "nickname": "ripley",
            "upn": "ripley@example.com",
            "name": "Ellen Ripley",
        }
        content = {
            "iss": issuer.replace("{tenantid}", TENANT),
            "aud": self.settings[setting_name(self.name, "KEY")],
            "sub": UID,
            "iat": now - 5,
            "exp": now + 3600,
            "email": "ripley@example.com",
            "email_verified": True,
            "tid": TENANT,
            "tfp": SETTING_VALUES["POLICY"],
            **known,
            **claims,
        }
        return jwt.encode(content, _key(), algorithm="RS256", headers={"kid": "k1"})

    def answer(self, request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        """Answer a call with the provider's configuration or keys, or with the tokens for a code."""
        url = str(request.url)
        if request.method == "POST":
            return 200, {}, json.dumps({"access_token": "a-token", "token_type": "Bearer", "id_token": self.id_token()})
        if "openid-configuration" in url:
            return 200, {}, json.dumps(self._published())
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(_key().public_key()))
        return 200, {}, json.dumps({"keys": [{**public, "use": "sig", "kid": "k1"}]})

    def code_settings(self, redirect_uri: str) -> Mapping[str, Any]:
        """Return the settings with which the provider accepts codes."""
        known = {"REDIRECT_URIS": redirect_uri}
        if self.name == "apple-id":  # The client secret is a token that we sign.
            key = ec.generate_private_key(ec.SECP256R1())
            pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
            known.update(TEAM="our-team", KEY="our-key-id", SECRET=pem)
        return {setting_name(self.name, setting): value for setting, value in known.items()}

    def hosts(self) -> frozenset[str]:
        """Return the hosts that a sign-in may call."""
        return hosts_of(CATALOGUE[self.name], lambda setting: self.settings.get(setting_name(self.name, setting)))

    def _published(self) -> Mapping[str, Any]:
        if self.configuration is not None:
            return self.configuration
        home = f"https://{min(self.hosts())}"
        issuer = f"{home}/{{tenantid}}/v2.0" if self.name.startswith("azuread") else home
        return {"issuer": issuer, "jwks_uri": f"{home}/keys", "token_endpoint": f"{home}/token"}


@cache
def issuer_of(name: str) -> Issuer:
    """Return an issuer, with the settings of its provider.

    :raises UnavailableError: if social-core's tests cannot be fetched.
    """
    entry = CATALOGUE[name]
    settings, configuration = social_core_logins.configured(entry.backend)
    # Only the settings that locate the provider are taken from social-core's tests.
    worth = {
        setting: settings.get(setting_name(name, setting), SETTING_VALUES[setting])
        for setting in (*entry.settings, "TENANTS")
    }
    known = {
        setting_name(name, setting): value for setting, value in {"KEY": KEY, "SECRET": "a-secret", **worth}.items()
    }
    return Issuer(name, {**known, "SOCIAL_PROVIDERS": [name]}, None if name in COPIED else configuration)


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)
