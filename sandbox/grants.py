"""What a provider hands to an app when a persona lets it in."""

from sandbox import id_tokens, tokens
from sandbox.personas import Persona
from sandbox.providers import Provider
from sandbox.registrations import THEIRS, Registration
from sandbox.tokens import Grant


def issue(provider: Provider, persona: Persona, registration: Registration, nonce: str | None) -> dict[str, str]:
    """The tokens that this provider gives."""
    if persona.name == "foreign":
        registration = THEIRS[provider.name]
    issued: dict[str, str] = {}
    if provider.gives_access_token:
        issued["access_token"] = tokens.write(Grant(provider.name, persona, registration))
    if provider.gives_token_secret:
        issued["access_token_secret"] = tokens.secret_of(issued["access_token"])
    if provider.issuer is not None:
        issued["id_token"] = id_tokens.write(
            provider=provider.name,
            persona=persona.name,
            issuer=provider.issuer,
            client_id=registration.client_id,
            claims=provider.claims(provider.account(persona)),
            nonce=nonce,
        )
    return issued
