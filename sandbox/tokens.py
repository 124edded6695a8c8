"""Access tokens and refresh tokens, which contain their grant."""

import time
from dataclasses import dataclass, field

from sandbox import personas, registrations, seals
from sandbox.personas import Persona
from sandbox.registrations import Registration

LIFETIME = 60 * 24 * 3600

_ACCESS, _REFRESH = "token", "refresh token"

_rotated = seals.Spent()
"""The refresh tokens in whose place the provider has issued another."""


@dataclass(frozen=True, slots=True)
class Grant:
    """The content of a token: this persona has authorized this application at this time."""

    provider: str
    persona: Persona
    registration: Registration
    long_lived: bool = False
    issued: int = field(default_factory=lambda: int(time.time()))
    scope: str = ""

    @property
    def expires(self) -> int:
        """Return the time of expiry, in seconds since the epoch."""
        return self.issued + LIFETIME

    @property
    def expires_in(self) -> int:
        """Return the seconds until expiry."""
        return self.expires - int(time.time())


def write(grant: Grant) -> str:
    """Return a new access token for this grant."""
    return _write(_ACCESS, grant)


def read(token: str, provider: str) -> Grant | None:
    """Return the grant of an access token that this provider has issued, or None."""
    return _read(_ACCESS, token, provider)


def write_refresh(grant: Grant) -> str:
    """Return a new refresh token for this grant."""
    return _write(_REFRESH, grant)


def read_refresh(token: str, provider: str) -> Grant | None:
    """Return the grant of a refresh token that this provider has issued and not replaced, or None."""
    return None if token in _rotated else _read(_REFRESH, token, provider)


def replace_refresh(token: str) -> bool:
    """Invalidate a refresh token; return False if it is invalid already."""
    return _rotated.spend(token)


def secret_of(token: str) -> str:
    """Return the OAuth 1 token secret of a token."""
    return seals.derive("secret", token)


def _write(purpose: str, grant: Grant) -> str:
    return seals.seal(
        purpose,
        (
            grant.provider,
            grant.persona.name,
            grant.registration.client_id,
            grant.long_lived,
            grant.issued,
            grant.scope,
        ),
    )


def _read(purpose: str, token: str, provider: str) -> Grant | None:
    content = seals.unseal(purpose, token)
    if content is None:
        return None
    issuer, name, client_id, long_lived, issued, scope = content
    persona = personas.find(name)
    registration = registrations.find(issuer, client_id)
    if issuer != provider or persona is None or registration is None:
        return None
    return Grant(provider, persona, registration, long_lived, issued, scope)
