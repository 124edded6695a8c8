"""The sandbox's credentials, in place of the placeholders of docs/client-guide.md."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from sandbox.providers import PROVIDERS
from tests.clients.client_guide import SECTIONS, Fields, kind_of
from tests.e2e.servers import Sandbox

IN_SANDBOX = frozenset(provider.name for provider in PROVIDERS)


@dataclass(frozen=True)
class Issuing:
    """A sandbox that issues the credentials for the page's bodies."""

    sandbox: Sandbox

    def fill(self, body: Fields, persona: str = "zoe", *, hashed: bool = False) -> Fields:
        """Return a body with a credential of the persona in place of the placeholders.

        :param hashed: whether the provider gets the hash of the nonce, as some SDKs send it.
        """
        provider, kind = body["provider"], kind_of(body)
        if provider not in IN_SANDBOX:
            pytest.skip(f"the sandbox has no {provider}")
        filled = dict(body)
        if "nonce" in body:
            filled["nonce"] = secrets.token_urlsafe()
        nonce = hashlib.sha256(filled["nonce"].encode()).hexdigest() if hashed else filled.get("nonce")
        if kind == "code":
            return filled | self._code(provider, persona, body, nonce)
        issued = self.sandbox.issue(provider, persona, nonce=nonce)
        return filled | {name: issued[name] for name in (kind, "access_token_secret") if name in body}

    def _code(self, provider: str, persona: str, body: Fields, nonce: str | None) -> Fields:
        """Return a code that the person has consented to, and what the app knows of it."""
        asked: Fields = {} if nonce is None else {"nonce": nonce}
        if "redirect_uri" not in body:
            issued = requests.post(
                f"{self.sandbox.url}/{provider}/code", json={"persona": persona, **asked}, timeout=30
            )
            return {"code": issued.json()["code"]}
        known: Fields = {}
        if "code_verifier" in body:
            known["code_verifier"] = secrets.token_urlsafe(48)
            asked |= {"code_challenge": challenge_of(known["code_verifier"]), "code_challenge_method": "S256"}
        if scope := SECTIONS[provider].scope:
            asked["scope"] = scope
        endpoint, client_id = self.registration(provider)
        asked |= {"response_type": "code", "client_id": client_id, "redirect_uri": body["redirect_uri"]}
        return {"code": consent(endpoint, asked, persona)["code"], **known}

    def registration(self, provider: str) -> tuple[str, str]:
        """Return the address of a provider's authorization page, and our client id there."""
        directory = requests.get(f"{self.sandbox.url}/personas", timeout=30).json()
        (app,) = (one for one in directory["providers"] if one["name"] == provider)
        return self.sandbox.url + app["authorize"], app["authorize_client_id"]


def consent(endpoint: str, asked: Fields, persona: str) -> dict[str, str]:
    """Return what the app receives at its redirect URI when the person consents."""
    answer = requests.post(endpoint, data={**asked, "persona": persona}, allow_redirects=False, timeout=30)
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def challenge_of(verifier: str) -> str:
    """Return the `code_challenge` of a verifier (RFC 7636, section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
