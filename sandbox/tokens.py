"""Access tokens that carry what they mean, so that a restarted sandbox still knows them.

A token is sealed, not encrypted: whoever holds one may look inside, nobody can make one up.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass, field

from sandbox import personas, registrations
from sandbox.personas import Persona
from sandbox.registrations import Registration

LIFETIME = 60 * 24 * 3600

_SEAL = b"sandbox: the same on every machine, and that is fine"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token says: this persona lets this application in, since then."""

    provider: str
    persona: Persona
    registration: Registration
    long_lived: bool = False
    issued: int = field(default_factory=lambda: int(time.time()))

    @property
    def expires(self) -> int:
        """When the token stops being good, in unix time."""
        return self.issued + LIFETIME

    @property
    def expires_in(self) -> int:
        """Seconds that the token is still good for."""
        return self.expires - int(time.time())


def write(grant: Grant) -> str:
    """A new access token for this grant; never the same twice."""
    content = [
        grant.provider,
        grant.persona.name,
        grant.registration.client_id,
        grant.long_lived,
        grant.issued,
        secrets.token_hex(8),
    ]
    payload = json.dumps(content, separators=(",", ":")).encode()
    return _text(_seal(b"token", payload) + payload)


def read(token: str, provider: str) -> Grant | None:
    """What a token says, if this provider has issued it."""
    try:
        sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    seal, payload = sealed[:32], sealed[32:]
    if not hmac.compare_digest(seal, _seal(b"token", payload)):
        return None
    issuer, name, client_id, long_lived, issued, _ = json.loads(payload)
    persona = personas.find(name)
    registration = registrations.find(issuer, client_id)
    if issuer != provider or persona is None or registration is None:
        return None
    return Grant(provider, persona, registration, long_lived, issued)


def secret_of(token: str) -> str:
    """The OAuth 1 token secret that belongs to a token."""
    return _text(_seal(b"secret", token.encode()))


def _seal(purpose: bytes, payload: bytes) -> bytes:
    return hmac.digest(_SEAL + purpose, payload, hashlib.sha256)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
