"""The keys that sign id_tokens: made when first needed, gone with the process."""

import base64
import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

STRANGER = "nobody's"
"""The owner of the key that no provider publishes."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An RSA key and the `kid` it is known by."""

    private: rsa.RSAPrivateKey
    kid: str
    jwk: Mapping[str, str]

    @property
    def public_pem(self) -> bytes:
        """The public half, as text."""
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


_keys: dict[str, SigningKey] = {}
_making = threading.Lock()


def signing_key(owner: str) -> SigningKey:
    """The one key of a provider."""
    with _making:
        if owner not in _keys:
            _keys[owner] = _make()
        return _keys[owner]


def key_set(owner: str) -> dict[str, list[Mapping[str, str]]]:
    """The provider's JWKS document."""
    return {"keys": [signing_key(owner).jwk]}


def _make() -> SigningKey:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    numbers = json.loads(RSAAlgorithm.to_jwk(private.public_key()))
    # RFC 7638: the thumbprint is taken of these members, in this order, without a space.
    members = {"e": numbers["e"], "kty": "RSA", "n": numbers["n"]}
    thumbprint = hashlib.sha256(json.dumps(members, separators=(",", ":")).encode()).digest()
    kid = base64.urlsafe_b64encode(thumbprint).rstrip(b"=").decode()
    return SigningKey(private, kid, {"kid": kid, "use": "sig", "alg": "RS256", **members})
