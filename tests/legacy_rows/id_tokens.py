"""id_tokens of the providers that `responses` imitates, and their signing keys."""

import json
import time
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.providers import Providers

ISSUERS = {
    "google-oauth2": (
        "https://accounts.google.com",
        "our-google_oauth2-key",
        "https://www.googleapis.com/oauth2/v3/certs",
    ),
    "apple-id": ("https://appleid.apple.com", "our-app", "https://appleid.apple.com/auth/keys"),
    "facebook": (
        "https://www.facebook.com",
        "our-facebook-key",
        "https://limited.facebook.com/.well-known/oauth/openid/jwks/",
    ),
}
"""The issuer, the audience, and the URL of the keys."""


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def publish(providers: Providers) -> None:
    """Publish the keys of each provider."""
    public = {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(_key().public_key())), "kid": "k1", "use": "sig"}
    for _, _, url in ISSUERS.values():
        providers.mock.get(url, json={"keys": [public]})


def id_token(provider: str, claims: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a sign-up by id_token; `id` becomes `sub`."""
    issuer, audience, _ = ISSUERS[provider]
    now = int(time.time())
    payload = {"sub": claims.get("id"), **claims, "iss": issuer, "aud": audience, "iat": now, "exp": now + 600}
    return {"provider": provider, "id_token": jwt.encode(payload, _key(), algorithm="RS256", headers={"kid": "k1"})}
