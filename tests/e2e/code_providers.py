"""Providers on this machine that exchange authorization codes.

Their token endpoints check all that RFC 6749 section 4.1.3 and RFC 7636 section 4.6 require: the client and its
secret, the client and the redirect URI that the code was issued to, the verifier, and that the code is used once.
"""

import base64
import hashlib
import json
import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from social_core.utils import setting_name

from tests.contract.signers import OURS, SIGNERS
from tests.social.local_provider import Handler, answer, serving

REDIRECT_URI = "https://app.example.com/callback"
OTHER_REDIRECT_URI = "com.example.app:/callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
THEIRS = "another-application"
"""The client id of another application at each provider."""

# GitHub requires a verifier; Google answers with an id_token; Dribbble documents no PKCE, and has no other proof.
TOKEN_ENDPOINTS = {
    "github": "github.com/login/oauth/access_token",
    "google-oauth2": "oauth2.googleapis.com/token",
    "dribbble": "dribbble.com/oauth/token",
}
PROFILES = ("api.github.com/user", "api.dribbble.com/v1/user")
KEYS = "www.googleapis.com/oauth2/v3/certs"
CLIENT_IDS = {"github": "our-github-client", "google-oauth2": OURS, "dribbble": "our-dribbble-client"}
SECRETS = {name: f"our-secret-at-{name}" for name in TOKEN_ENDPOINTS}
_HOSTS = {path.partition("/")[0] for path in (*TOKEN_ENDPOINTS.values(), *PROFILES, KEYS)}
_PROVIDERS = {path: name for name, path in TOKEN_ENDPOINTS.items()}


def challenge_of(verifier: str) -> str:
    """Return the challenge of a verifier by the method S256 (RFC 7636 section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


@dataclass(frozen=True)
class Code:
    """What a code was issued for, and how its exchange is answered."""

    provider: str
    uid: int
    client_id: str
    redirect_uri: str
    challenge: str | None
    answer: Mapping[str, Any]
    """Members of the exchange's answer instead of the usual ones."""
    play: Handler | None
    """Answers the exchange in place of the token endpoint."""


@dataclass(frozen=True)
class Call:
    """One call of the service."""

    path: str
    """The host and the path that the service has called."""
    text: str
    """The whole request."""


@dataclass
class CodeProviders:
    """The running providers."""

    environment: Mapping[str, str] = field(default_factory=dict)
    """The environment of a service that uses them."""
    calls: list[Call] = field(default_factory=list)
    before: Callable[[], object] = lambda: None
    """Called before each answer of a token endpoint, in the thread of the answer."""
    revokes: bool = False
    """Whether a second use of a code revokes the tokens that it was exchanged for (RFC 6749 section 4.1.2)."""
    issued: list[str] = field(default_factory=list)
    """Every code and token that was issued."""
    _codes: dict[str, Code] = field(default_factory=dict)
    _tokens: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    """The tokens of each code that was used, with their owners."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def code(
        self,
        provider: str,
        uid: int,
        *,
        verifier: str | None = VERIFIER,
        redirect_uri: str = REDIRECT_URI,
        client_id: str | None = None,
        answer: Mapping[str, Any] | None = None,
        play: Handler | None = None,
    ) -> dict[str, Any]:
        """Issue a code, and return the fields of a sign-up with it."""
        code = secrets.token_urlsafe()
        challenge = challenge_of(verifier) if verifier else None
        ours = client_id or CLIENT_IDS[provider]
        self._codes[code] = Code(provider, uid, ours, redirect_uri, challenge, answer or {}, play)
        self.issued.append(code)
        fields = {"provider": provider, "code": code, "redirect_uri": redirect_uri}
        return {**fields, "code_verifier": verifier} if verifier else fields

    def sent(self, code: str) -> list[Call]:
        """Return the calls that contained a code."""
        return [call for call in self.calls if code in call.text]

    def respond(self, connection: socket.socket, request: bytes) -> bool:
        """Answer a call."""
        text = request.decode()
        path = text.split(" ", 2)[1].partition("?")[0].removeprefix("/")
        self.calls.append(Call(path, text))
        if path in _PROVIDERS:
            self.before()
            return self._exchange(_PROVIDERS[path], text.partition("\r\n\r\n")[2])(connection, request)
        if path == KEYS:
            return _json(200, SIGNERS["google-oauth2"].key_set("k1"))(connection, request)
        respond = self._profile(text) if path in PROFILES else _error(404, "not_found")
        return respond(connection, request)

    def _exchange(self, provider: str, body: str) -> Handler:
        form = dict(parse_qsl(body, keep_blank_values=True))
        client = (form.get("client_id"), form.get("client_secret"))
        if client != (CLIENT_IDS[provider], SECRETS[provider]):
            return _error(401, "invalid_client")
        if form.get("grant_type") != "authorization_code":
            return _error(400, "unsupported_grant_type")
        text = form.get("code", "")
        with self._lock:
            code, is_new = self._codes.get(text), text not in self._tokens
            if code and code.play:
                self._tokens[text] = []
                return code.play
            if code is None or not _fits(code, provider, form):
                return _error(400, "invalid_grant")
            if not is_new:
                if self.revokes:
                    self._tokens[text] = []
                return _error(400, "invalid_grant")
            token = secrets.token_urlsafe()
            self._tokens[text] = [(token, code.uid)]
        self.issued.append(token)
        made = {"access_token": token, "token_type": "Bearer", "expires_in": 3600, "refresh_token": f"refresh-{token}"}
        if provider == "google-oauth2":
            made["id_token"] = SIGNERS[provider].token(sub=str(code.uid), email=f"person-{code.uid}@example.com")
        return _json(200, {**made, **code.answer})

    def _profile(self, text: str) -> Handler:
        with self._lock:
            uids = [uid for tokens in self._tokens.values() for token, uid in tokens if token in text]
        if not uids:
            return _json(401, {"message": "Bad credentials"})
        person = {"id": uids[0], "login": f"person-{uids[0]}", "email": f"person-{uids[0]}@example.com"}
        return _json(200, {**person, "username": f"person-{uids[0]}"})


def _fits(code: Code, provider: str, form: Mapping[str, str]) -> bool:
    verifier = form.get("code_verifier")
    # RFC 9700 section 2.1.1: a verifier is accepted only if the code has a challenge.
    if verifier is None or code.challenge is None:
        proved = verifier is None and code.challenge is None
    else:
        proved = challenge_of(verifier) == code.challenge
    expected = (provider, form["client_id"], form.get("redirect_uri"))
    return proved and (code.provider, code.client_id, code.redirect_uri) == expected


def _json(status: int, body: object) -> Handler:
    return answer(f"{status} Status", json.dumps(body).encode(), "Content-Type: application/json")


def _error(status: int, error: str) -> Handler:
    return _json(status, {"error": error, "error_description": "Described by the provider."})


def _environment(url: str) -> dict[str, str]:
    environment = {
        "SANDBOX": "1",
        "SOCIAL_PROVIDERS": ",".join(TOKEN_ENDPOINTS),
        "PROVIDER_HOSTS": json.dumps({f"https://{host}": f"{url}/{host}" for host in _HOSTS}),
    }
    for name in TOKEN_ENDPOINTS:
        ours = {
            "KEY": CLIENT_IDS[name],
            "SECRET": SECRETS[name],
            "REDIRECT_URIS": f"{REDIRECT_URI},{OTHER_REDIRECT_URI},{redirect_uri_of(name)}",
        }
        environment |= {setting_name(name, setting): value for setting, value in ours.items()}
    return environment


def redirect_uri_of(provider: str) -> str:
    """Return the redirect URI that is registered at this provider only."""
    return f"https://app.example.com/callback/{provider}"


@contextmanager
def code_providers() -> Iterator[CodeProviders]:
    """Run them."""
    providers = CodeProviders()
    with serving(providers.respond) as server:
        providers.environment = _environment(server.url)
        yield providers
