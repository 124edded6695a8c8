"""The sandbox, as the people's devices see it: it issues tokens and codes."""

import base64
import hashlib
import random
import secrets
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

TIMEOUT = 60
CREDENTIALS = {
    "facebook": ("access_token", "id_token"),
    "google-oauth2": ("access_token", "id_token", "native code"),
    "apple-id": ("id_token", "native code"),
    "github": ("access_token", "code"),
    "twitter": ("access_token",),
}
"""The kinds of credentials that people present, by provider."""
_REDIRECT_URI = "https://app.example.com/callback"
_GITHUB_AUTHORIZATION = "/github/web/login/oauth/authorize"


class Sandbox:
    """The providers, for one caller."""

    def __init__(self, url: str, github_client: str, choice: random.Random) -> None:
        self._url = url
        self._github_client = github_client
        self._choice = choice
        self._session = requests.Session()
        self._session.trust_env = False

    def fields(self, provider: str, persona: str, kind: str = "") -> dict[str, Any]:
        """Return the fields of a sign-up with a new credential.

        :param kind: of the credential; any that the provider has, if empty.
        """
        kind = kind or self._choice.choice(CREDENTIALS[provider])
        if kind == "code":
            return {"provider": provider, **self._code(persona)}
        if kind == "native code":
            return {"provider": provider, **self._post(f"/{provider}/code", persona, None)}
        nonce = secrets.token_urlsafe(16) if kind == "id_token" and self._choice.random() < 0.5 else None
        issued = self._post(f"/{provider}/token", persona, nonce)
        if kind == "id_token":
            return {"provider": provider, "id_token": issued["id_token"], **({"nonce": nonce} if nonce else {})}
        issued.pop("id_token", None)
        return {"provider": provider, **issued}

    def _post(self, path: str, persona: str, nonce: str | None) -> dict[str, Any]:
        answer = self._session.post(self._url + path, json={"persona": persona, "nonce": nonce}, timeout=TIMEOUT)
        answer.raise_for_status()
        body: dict[str, Any] = answer.json()
        return body

    def _code(self, persona: str) -> dict[str, str]:
        """Return a code of GitHub, as the app gets it from the consent page."""
        verifier = secrets.token_urlsafe(32)
        digest = hashlib.sha256(verifier.encode()).digest()
        consent = self._session.post(
            self._url + _GITHUB_AUTHORIZATION,
            data={
                "response_type": "code",
                "client_id": self._github_client,
                "redirect_uri": _REDIRECT_URI,
                "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
                "code_challenge_method": "S256",
                "persona": persona,
            },
            allow_redirects=False,
            timeout=TIMEOUT,
        )
        [code] = parse_qs(urlsplit(consent.headers["Location"]).query)["code"]
        return {"code": code, "code_verifier": verifier, "redirect_uri": _REDIRECT_URI}
