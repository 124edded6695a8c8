"""Codes of every provider that the sandbox has: a sign-up, and whose fault a refused exchange is."""

import pytest
import requests
from django.conf import settings

from sandbox.providers import PROVIDERS
from tests.e2e.conftest import ONE_DATABASE
from tests.e2e.databases import Database
from tests.e2e.servers import Sandbox, Service
from tests.sandbox import calls

NAMES = [provider.name for provider in PROVIDERS if provider.name != "twitter-oauth2"]
"""The codes of `twitter` are issued to the client of `twitter-oauth2`."""


def outcome(service: Service, sandbox: Sandbox, prefix: str, provider: str, persona: str) -> str:
    """Sign up with a new code of a persona; return the outcome, or the error's code."""
    client = "twitter-oauth2" if provider == "twitter" else provider
    code = calls.code(sandbox.url, client, persona)
    fields = {"provider": provider, "code": code, "code_verifier": calls.VERIFIER, "redirect_uri": calls.BACK}
    answer = requests.post(f"{service.url}/{prefix}social_sign_up/", json=fields, timeout=30).json()
    return str(answer.get("outcome") or answer["code"])


@pytest.mark.threat(48)
@ONE_DATABASE
@pytest.mark.parametrize("provider", NAMES)
def test_codes_of_each_provider(service: Service, sandbox: Sandbox, database: Database, provider: str) -> None:
    """A code signs up or in, a used one is the client's fault, and a refusal of our client never is."""
    database.clear()
    outcomes = [outcome(service, sandbox, prefix, provider, "ripley") for prefix in settings.APIS.values()]
    assert outcomes == ["created", "signed_in"][: len(outcomes)]
    for prefix in settings.APIS.values():
        assert outcome(service, sandbox, prefix, provider, "used-code") == "token_rejected"
        assert outcome(service, sandbox, prefix, provider, "unregistered") == "provider_misconfigured"
        assert outcome(service, sandbox, prefix, provider, "unauthorized-client") == "provider_misconfigured"
