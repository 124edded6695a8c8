"""Attacks with codes of each provider of the sandbox, which refuses them in the provider's own words."""

from typing import Any

import pytest

from sandbox.registrations import APP_REDIRECT_URIS
from tests.e2e.client import Api, code_of
from tests.e2e.conftest import ONE_DATABASE
from tests.e2e.databases import Database
from tests.e2e.servers import Sandbox
from tests.sandbox import calls

pytestmark = [pytest.mark.e2e, ONE_DATABASE, pytest.mark.threat(47)]

REJECTED = (400, "token_rejected")
FOREIGN = ("foreign-code", "foreign-redirect", "foreign-verifier", "expired-code", "used-code")
"""Personas whose code was issued to another app, for another redirect URI or verifier, or is not valid any more."""
OTHER_REDIRECT_URI = next(uri for uri in APP_REDIRECT_URIS if uri != calls.BACK)


def issued(sandbox: Sandbox, provider: str, persona: str = "ripley") -> dict[str, Any]:
    """Return the fields of a sign-up with a code that a person has got at a provider."""
    client = "twitter-oauth2" if provider == "twitter" else provider
    code = calls.code(sandbox.url, client, persona)
    return {"provider": provider, "code": code, "code_verifier": calls.VERIFIER, "redirect_uri": calls.BACK}


def providers_of(api: Api) -> list[str]:
    """Return the providers that take codes at a redirect URI, without X's second name for the same client."""
    listed = api.get("provider/").json()["objects"]
    names = [one["name"] for one in listed if any("redirect_uri" in fields for fields in one["accepts"])]
    return [name for name in names if name != "twitter-oauth2"]


def test_each_provider_refuses_a_foreign_code(api: Api, sandbox: Sandbox, database: Database) -> None:
    """Replayed, foreign, expired and mixed-up codes are refused by each provider, and no row is written."""
    database.clear()
    providers = providers_of(api)
    assert len(providers) > 10
    attacks: dict[tuple[str, str], dict[str, Any]] = {}
    for provider, other in zip(providers, [*providers[1:], providers[0]], strict=True):
        spent = attacks[provider, "replayed"] = issued(sandbox, provider)
        assert code_of(api.sign_up(spent)) == (201, ""), provider
        attacks |= {(provider, persona): issued(sandbox, provider, persona) for persona in FOREIGN}
        attacks[provider, "another verifier"] = {**issued(sandbox, provider), "code_verifier": "x" * 43}
        attacks[provider, "another redirect URI"] = {**issued(sandbox, provider), "redirect_uri": OTHER_REDIRECT_URI}
        attacks[provider, "of another provider"] = {**issued(sandbox, other), "provider": provider}
    before = database.counts()
    answers = {attack: code_of(api.sign_up(fields)) for attack, fields in attacks.items()}
    assert answers == dict.fromkeys(attacks, REJECTED)
    assert database.counts() == before
