"""Codes of every provider that the sandbox has: a sign-up, and whose fault a refused exchange is."""

from collections.abc import Iterator

import pytest
import requests
from django.conf import settings

from sandbox.providers import PROVIDERS
from tests.e2e.servers import Sandbox, Service, running_sandbox, running_service
from tests.sandbox import calls

NAMES = [provider.name for provider in PROVIDERS if provider.name != "twitter-oauth2"]
"""The codes of `twitter` are issued to the client of `twitter-oauth2`."""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def service(sandbox: Sandbox) -> Iterator[Service]:
    """Run the service with all providers of the sandbox."""
    with running_service(sandbox, SOCIAL_PROVIDERS=",".join(NAMES)) as service:
        yield service


def outcome(service: Service, sandbox: Sandbox, prefix: str, provider: str, persona: str) -> str:
    """Sign up with a new code of a persona; return the outcome, or the error's code."""
    client = "twitter-oauth2" if provider == "twitter" else provider
    code = calls.code(sandbox.url, client, persona)
    fields = {"provider": provider, "code": code, "code_verifier": calls.VERIFIER, "redirect_uri": calls.BACK}
    answer = requests.post(f"{service.url}/{prefix}social_sign_up/", json=fields, timeout=30).json()
    return str(answer.get("outcome") or answer["code"])


@pytest.mark.threat(48)
@pytest.mark.parametrize("provider", NAMES)
def test_codes_of_each_provider(service: Service, sandbox: Sandbox, provider: str) -> None:
    """A code signs up or in, a used one is the client's fault, and a refusal of our client never is."""
    outcomes = [outcome(service, sandbox, prefix, provider, "ripley") for prefix in settings.APIS.values()]
    assert outcomes == ["created", "signed_in"][: len(outcomes)]
    for prefix in settings.APIS.values():
        assert outcome(service, sandbox, prefix, provider, "used-code") == "token_rejected"
        assert outcome(service, sandbox, prefix, provider, "unregistered") == "provider_misconfigured"
        assert outcome(service, sandbox, prefix, provider, "unauthorized-client") == "provider_misconfigured"
