"""id_tokens, the keys that sign them, and the personas whose id_token is invalid."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

from sandbox.registrations import THEIRS

LIFETIME = 3600

Claims: TypeAlias = dict[str, object]

UNPUBLISHED = "unpublished"
"""The name of a key that no provider publishes."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An RSA key with its key id and its JWK."""

    private: rsa.RSAPrivateKey
    kid: str
    jwk: Mapping[str, str]

    @property
    def public_pem(self) -> bytes:
        """Return the public key as PEM."""
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


_keys: dict[str, SigningKey] = {}
_keys_lock = threading.Lock()


def signing_key(owner: str) -> SigningKey:
    """Return a provider's key; it is created at its first use."""
    with _keys_lock:
        if owner not in _keys:
            _keys[owner] = _new_key()
        return _keys[owner]


def key_set(owner: str) -> dict[str, list[Mapping[str, str]]]:
    """Return the provider's JWKS document."""
    return {"keys": [signing_key(owner).jwk]}


def _new_key() -> SigningKey:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    numbers = json.loads(RSAAlgorithm.to_jwk(private.public_key()))
    # RFC 7638: the thumbprint is computed over these members, in this order, without white space.
    members = {"e": numbers["e"], "kty": "RSA", "n": numbers["n"]}
    thumbprint = hashlib.sha256(json.dumps(members, separators=(",", ":")).encode()).digest()
    kid = _base64url(thumbprint)
    return SigningKey(private, kid, {"kid": kid, "use": "sig", "alg": "RS256", **members})


def write(
    *,
    provider: str,
    persona: str,
    issuer: str,
    client_id: str,
    claims: Mapping[str, object],
    nonce: str | None,
    access_token: str | None = None,
) -> str:
    """Return an id_token of a provider for an application, with the fault of the persona, if it has one.

    If a token endpoint issues it, it has a hash of the access token (OpenID Connect Core, section 3.1.3.6).
    """
    now = int(time.time())
    content: Claims = {"iss": issuer, "aud": client_id, **claims, "iat": now, "exp": now + LIFETIME}
    if nonce is not None:
        content["nonce"] = nonce
    if access_token is not None:
        content["at_hash"] = _base64url(hashlib.sha256(access_token.encode()).digest()[:16])
    content = FALSE_CLAIMS.get(persona, _unchanged)(content, provider)
    return FORGERIES.get(persona, _sign)(content, provider)


def read(id_token: str, provider: str) -> Claims | None:
    """Return the claims of an id_token that this provider has signed and that has not expired, or None."""
    try:
        return jwt.decode(
            id_token,
            signing_key(provider).private.public_key(),
            algorithms=["RS256"],
            options={"verify_aud": False, "verify_sub": False},
        )
    except jwt.PyJWTError:
        return None


def _unchanged(claims: Claims, _: str) -> Claims:
    return claims


def _shifted(seconds: int) -> Callable[[Claims, str], Claims]:
    def shifted(claims: Claims, _: str) -> Claims:
        now = int(time.time())
        return {**claims, "iat": now + seconds, "exp": now + seconds + LIFETIME}

    return shifted


FALSE_CLAIMS: Mapping[str, Callable[[Claims, str], Claims]] = {
    "expired": _shifted(-2 * LIFETIME),
    "future": _shifted(LIFETIME),
    "wrong-issuer": lambda claims, _: {**claims, "iss": "https://issuer.example.com"},
    "wrong-party": lambda claims, provider: {**claims, "azp": THEIRS[provider].client_id},
    "wrong-nonce": lambda claims, _: {**claims, "nonce": "another nonce"},
}


def _signed(claims: Claims, key: SigningKey, kid: str) -> str:
    return jwt.encode(claims, key.private, algorithm="RS256", headers={"kid": kid})


def _sign(claims: Claims, provider: str) -> str:
    key = signing_key(provider)
    return _signed(claims, key, key.kid)


def _sign_with_unpublished_key(claims: Claims, _: str) -> str:
    key = signing_key(UNPUBLISHED)
    return _signed(claims, key, key.kid)


def _sign_with_public_key(claims: Claims, provider: str) -> str:
    key = signing_key(provider)
    # PyJWT refuses to sign with a public key as the secret.
    header = {"alg": "HS256", "typ": "JWT", "kid": key.kid}
    text = ".".join(_base64url(json.dumps(part).encode()) for part in (header, claims))
    return f"{text}.{_base64url(hmac.digest(key.public_pem, text.encode(), hashlib.sha256))}"


FORGERIES: Mapping[str, Callable[[Claims, str], str]] = {
    "unsigned": lambda claims, provider: jwt.encode(
        claims, "", algorithm="none", headers={"kid": signing_key(provider).kid}
    ),
    "public-key": _sign_with_public_key,
    "wrong-key": lambda claims, provider: _signed(claims, signing_key(UNPUBLISHED), signing_key(provider).kid),
    "unknown-key": _sign_with_unpublished_key,
}


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
