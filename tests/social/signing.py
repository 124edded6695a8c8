"""An issuer of id_tokens for the tests of their verification: keys that a test changes, claims and signatures."""

import json
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from social_core.exceptions import AuthProviderError

from social.oidc.id_tokens import Issuer, verify

OURS = "our-app"
ISSUER = Issuer(frozenset({"https://issuer.example.com", "issuer.example.com"}), "https://issuer.example.com/keys")


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def jwk(name: str, kid: str | None) -> dict[str, Any]:
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key(name).public_key()))
    return {**public, "use": "sig", **({"kid": kid} if kid else {})}


class Provider:
    """A provider's key set that counts how often it is fetched."""

    def __init__(self) -> None:
        self.keys = [jwk("theirs", "k1")]
        self.asked = 0
        self.down = False

    def fetch(self) -> Any:
        self.asked += 1
        if self.down:
            raise AuthProviderError(None, code="connection_failed")
        return {"keys": self.keys}


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    good = {"iss": "https://issuer.example.com", "aud": OURS, "sub": "10011", "iat": now - 5, "exp": now + 3600}
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def sign(content: Mapping[str, Any], *, by: str = "theirs", kid: str | None = "k1") -> str:
    # jwt.encode refuses to sign some of the claims that the tests need.
    payload = json.dumps(content).encode()
    return jwt.PyJWS().encode(payload, key(by), algorithm="RS256", headers={"kid": kid} if kid else None)


def check(token: str, provider: Provider, **options: Any) -> Mapping[str, Any]:
    asked = {"issuer": ISSUER, "client_ids": frozenset({OURS, "our-other-app"}), "nonce": None, **options}
    return verify(token, fetch=provider.fetch, **asked)
