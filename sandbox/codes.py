"""Authorization codes, which contain what they are bound to, and the personas whose code is invalid."""

import base64
import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from sandbox import personas, registrations, seals
from sandbox.personas import Persona
from sandbox.registrations import THEIRS, Registration

LIFETIME = 600
"""Seconds; RFC 6749, section 4.1.2, recommends at most ten minutes."""

_PURPOSE = "code"

_spent = seals.Spent()


@dataclass(frozen=True, slots=True)
class Code:
    """The content of a code.

    Attributes:
        redirect_uri: Where the code was sent; None if a native SDK received it.
        challenge: The `code_challenge` (RFC 7636), if there was one.
        offline: Whether the exchange gives a refresh token.
    """

    provider: str
    persona: Persona
    registration: Registration
    redirect_uri: str | None
    challenge: str | None
    nonce: str | None
    scope: str
    offline: bool
    issued: int = field(default_factory=lambda: int(time.time()))

    @property
    def has_expired(self) -> bool:
        """Return True if it is older than `LIFETIME`."""
        return time.time() > self.issued + LIFETIME


def write(code: Code) -> str:
    """Return a code with this content, or with the fault of its persona, if it has one."""
    content = FALSE_CODES.get(code.persona.name, _unchanged)(code)
    text = seals.seal(
        _PURPOSE,
        (
            content.provider,
            content.persona.name,
            content.registration.client_id,
            content.redirect_uri,
            content.challenge,
            content.nonce,
            content.scope,
            content.offline,
            content.issued,
        ),
    )
    if code.persona.name == USED:
        redeem(text)
    return text


def read(text: str, provider: str) -> Code | None:
    """Return the content of a code that this provider has issued, or None."""
    content = seals.unseal(_PURPOSE, text)
    if content is None:
        return None
    issuer, name, client_id, *bound = content
    persona = personas.find(name)
    registration = registrations.find(issuer, client_id)
    if issuer != provider or persona is None or registration is None:
        return None
    return Code(provider, persona, registration, *bound)


def redeem(text: str) -> bool:
    """Record the use of a code and return True if it is the first."""
    return _spent.spend(text)


def challenge_of(verifier: str) -> str:
    """Return the `code_challenge` of a verifier with the method S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _unchanged(code: Code) -> Code:
    return code


USED = "used-code"

FALSE_CODES: Mapping[str, Callable[[Code], Code]] = {
    USED: _unchanged,
    "expired-code": lambda code: replace(code, issued=code.issued - 2 * LIFETIME),
    "foreign-code": lambda code: replace(code, registration=THEIRS[code.provider]),
    "foreign-redirect": lambda code: replace(code, redirect_uri=THEIRS[code.provider].redirect_uris[0]),
    "foreign-verifier": lambda code: replace(code, challenge=challenge_of("the verifier of another sign-in")),
}
