"""Access tokens that contain their grant, signed with a key of this process."""

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

# A key in the source, or one that outlives the process, would let others make tokens.
_KEY = secrets.token_bytes(32)


@dataclass(frozen=True, slots=True)
class Grant:
    """The content of a token: this persona has authorized this application at this time."""

    provider: str
    persona: Persona
    registration: Registration
    long_lived: bool = False
    issued: int = field(default_factory=lambda: int(time.time()))

    @property
    def expires(self) -> int:
        """Return the time of expiry, in seconds since the epoch."""
        return self.issued + LIFETIME

    @property
    def expires_in(self) -> int:
        """Return the seconds until expiry."""
        return self.expires - int(time.time())


def write(grant: Grant) -> str:
    """Return a new access token for this grant; it contains a random part."""
    content = [
        grant.provider,
        grant.persona.name,
        grant.registration.client_id,
        grant.long_lived,
        grant.issued,
        secrets.token_hex(8),
    ]
    payload = json.dumps(content, separators=(",", ":")).encode()
    return _text(_signature(b"token", payload) + payload)


def read(token: str, provider: str) -> Grant | None:
    """Return the grant of a token that this provider has issued, or None."""
    try:
        decoded = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    signature, payload = decoded[:32], decoded[32:]
    if not hmac.compare_digest(signature, _signature(b"token", payload)):
        return None
    issuer, name, client_id, long_lived, issued, _ = json.loads(payload)
    persona = personas.find(name)
    registration = registrations.find(issuer, client_id)
    if issuer != provider or persona is None or registration is None:
        return None
    return Grant(provider, persona, registration, long_lived, issued)


def secret_of(token: str) -> str:
    """Return the OAuth 1 token secret of a token."""
    return _text(_signature(b"secret", token.encode()))


def _signature(purpose: bytes, payload: bytes) -> bytes:
    return hmac.digest(_KEY + purpose, payload, hashlib.sha256)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
