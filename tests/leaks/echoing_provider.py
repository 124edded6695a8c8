"""A provider that repeats each request in its answers; the token selects the kind of answer."""

import json
import re
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.leaks.canaries import MARK, planted, planted_verifier
from tests.social.local_provider import answer, serving

CLIENT_ID = "our-client-id"
PROVIDERS = ("facebook", "google-oauth2", "github", "instagram", "twitter")
BY_CODE = ("google-oauth2", "github")
"""The providers that exchange codes: by id_token, and by a profile call."""
REDIRECT_URI = "https://app.example.com/callback"
HOSTS = {
    "https://graph.facebook.com": "facebook",
    "https://limited.facebook.com": "facebook",
    "https://oauth2.googleapis.com": "google",
    "https://www.googleapis.com": "google",
    "https://api.github.com": "github",
    "https://github.com": "github",
    "https://graph.instagram.com": "instagram",
    "https://api.twitter.com": "twitter",
}
SILENT = "hang"
SILENCE = 30
"""Seconds; far more than the service's deadline for a provider call."""
_KIND = re.compile(rf"{MARK}-([a-z0-9-]+?)-[0-9a-f]{{12}}~")
_WHOLE = re.compile(rf"{_KIND.pattern}[^\"'&;\s]*?-{MARK}")
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def fields(provider: str, kind: str) -> dict[str, Any]:
    """Return the fields of a sign-up with a new token that selects this kind of answer."""
    given = {"provider": provider, "access_token": planted(kind)}
    return {**given, "access_token_secret": planted(kind)} if provider == "twitter" else given


def code_fields(provider: str, kind: str) -> dict[str, Any]:
    """Return the fields of a sign-up with a new code that selects this kind of answer."""
    verifier = planted_verifier()
    return {"provider": provider, "code": planted(kind), "code_verifier": verifier, "redirect_uri": REDIRECT_URI}


def id_token(*, nonce: str, **changed: Any) -> str:
    """Return an id_token as Google signs it."""
    now = int(time.time())
    claims = {
        "iss": "https://accounts.google.com",
        "aud": CLIENT_ID,
        "sub": "40011",
        "iat": now,
        "exp": now + 3600,
        "email": "ripley@example.com",
        "email_verified": True,
        "nonce": nonce,
        **changed,
    }
    return jwt.encode(claims, _KEY, algorithm="RS256", headers={"kid": "the-key"})


@contextmanager
def echoing_provider() -> Iterator[dict[str, str]]:
    """Serve the provider, and yield the environment for the service without the client secrets."""
    with serving(_respond) as provider:
        yield {
            "SANDBOX": "1",
            "SOCIAL_PROVIDERS": ",".join(PROVIDERS),
            "PROVIDER_HOSTS": json.dumps({origin: f"{provider.url}/{name}" for origin, name in HOSTS.items()}),
            **{f"SOCIAL_AUTH_{name}_KEY": CLIENT_ID for name in registrations()},
            **{f"SOCIAL_AUTH_{name}_REDIRECT_URIS": REDIRECT_URI for name in registrations(BY_CODE)},
        }


def registrations(providers: Sequence[str] = PROVIDERS) -> list[str]:
    """Return the names of providers in the settings."""
    return [name.upper().replace("-", "_") for name in providers]


def _respond(connection: socket.socket, request: bytes) -> bool:
    received = unquote(request.decode("latin-1"))
    if "/certs" in received.partition("\r\n")[0]:
        return _json("200 OK", {"keys": [{**_public_key(), "kid": "the-key", "use": "sig"}]})(connection, request)
    return KINDS[_kind(received)](received)(connection, request)


def _kind(received: str) -> str:
    # The call may contain our client secret too.
    kind: str = next(kind for kind in _KIND.findall(received) if kind in KINDS)
    return kind


def _public_key() -> Mapping[str, Any]:
    public: Mapping[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(_KEY.public_key(), as_dict=True)
    return public


Play = Callable[[socket.socket, bytes], bool]


def _json(status: str, body: Any, *headers: str) -> Play:
    return answer(status, json.dumps(body).encode(), "Content-Type: application/json", *headers)


def _token(received: str) -> str:
    """Return the client's token in the request, not our client secret."""
    found = [one for one in _WHOLE.finditer(received) if one[1] in KINDS]
    return found[0][0]


def _error(received: str, code: object) -> dict[str, Any]:
    """Return an error in the formats of all providers at once, with the whole request as its message."""
    return {
        "error": {"message": received, "type": received, "code": code, "error_subcode": received},
        "errors": [{"message": received, "code": code}],
        "error_description": received,
        "message": received,
        "documentation_url": received,
    }


def _refusal(status: str, code: object = 190, *headers: str) -> Callable[[str], Play]:
    return lambda received: _json(status, _error(received, code), *headers, f"X-Echo: {_token(received)}")


def _raw(text: Callable[[str], str]) -> Callable[[str], Play]:
    def to_respond(received: str) -> Play:
        def play(connection: socket.socket, request: bytes) -> bool:
            connection.sendall(text(_token(received)).encode())
            return False

        return play

    return to_respond


def _named_by_the_token(received: str) -> Play:
    return _profile(received, uid="40012", login=_token(received))


def _profile(received: str, uid: str = "40011", login: str = "ripley") -> Play:
    """Return a profile for every provider, with the token in every field that a provider may send."""
    line, token = received.partition("\r\n")[0], _token(received)
    if "grant_type=authorization_code" in received:
        return _exchanged(received, _kind(received))
    names = (
        "access_token",
        "access_token_secret",
        "refresh_token",
        "id_token",
        "token",
        "nonce",
        "code",
        "state",
        "me",
    )
    echo = {**dict.fromkeys(names, token), "echo": received, "more": [{"access_token": token}, token, received]}
    person: dict[str, Any] = {"id": uid, "sub": uid, "login": login, "username": login, "screen_name": login}
    person |= {
        "email": "ripley@example.com",
        "email_verified": True,
        "name": "Ellen Ripley",
        "picture": f"/p?t={token}",
    }
    if "/access_token" in line.partition("?")[0]:
        return _json("200 OK", {**echo, "access_token": token, "expires_in": 5184000})
    if "/tokeninfo" in line:
        return _json("200 OK", {**echo, "aud": CLIENT_ID, "azp": CLIENT_ID, "sub": uid, "scope": received})
    if "/applications/" in line:
        return _json("200 OK", {**echo, "app": {"client_id": CLIENT_ID}, "user": {**echo, **person, "id": int(uid)}})
    if "/users/me" in line:
        person = {"data": {**echo, **person, "confirmed_email": "ripley@example.com"}, "errors": [{"detail": received}]}
    return _json("200 OK", {**echo, **person}, f"X-Echo: {token}", f"Set-Cookie: t={token}")


def _exchanged(received: str, kind: str) -> Play:
    """Return an exchange's answer, with a token that selects a kind of answer to the profile call."""
    token, refresh = planted(kind), planted("refresh")
    issued = {"access_token": token, "refresh_token": refresh, "id_token": EXCHANGED_ID_TOKEN}
    more = [{"refresh_token": refresh}, *issued.values(), *_sent(received)]
    echo = {"exchanged": received, "me": token, "state": refresh, "more": more}
    return _json("200 OK", {**issued, **echo, "expires_in": 3600}, f"X-Echo: {token}")


def _hang(received: str) -> Play:
    def play(connection: socket.socket, request: bytes) -> bool:
        connection.settimeout(SILENCE)
        connection.recv(1)  # The service closes the connection.
        return False

    return play


def _reset(received: str) -> Play:
    def play(connection: socket.socket, request: bytes) -> bool:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        return False

    return play


EXCHANGED_ID_TOKEN = id_token(nonce=planted("nonce"))
GOOD = ("good", "named", "listener")
STEPS = ("step-refuses", "step-blames", "step-redirects", "step-bug", "step-database-bug", "step-statement-bug")
"""The kinds for which the provider answers well and `tests.leaks.steps` raises an exception."""
AFTER = ("refused-401", "refused-with-200", "error-is-the-token", "broken-500", "html", "header", "reset")
"""The kinds of failures of the profile call after the exchange of a code of the kind `after-…`."""
_OK = "HTTP/1.1 200 OK\r\n"


def _sent(received: str) -> list[str]:
    """Return every value in the body of an exchange."""
    return [sent.partition("=")[2] for sent in received.partition("\r\n\r\n")[2].split("&")]


def _exchanged_before(kind: str) -> Callable[[str], Play]:
    return lambda received: _exchanged(received, kind)


KINDS: Mapping[str, Callable[[str], Play]] = {
    "good": _profile,
    "named": _named_by_the_token,
    "refused-400": _refusal("400 Bad Request"),
    "refused-401": _refusal("401 Unauthorized"),
    "refused-404": _refusal("404 Not Found"),
    "refused-with-200": _refusal("200 OK"),
    "code-is-the-token": lambda received: _json("401 No", _error(received, _token(received))),
    "error-is-the-token": lambda received: _json("400 No", {"error": _token(received), "error_description": received}),
    "registration": lambda received: _json(
        "400 No", {**_error(received, 101), "errors": [{"code": 215, "message": received}]}
    ),
    "invalid-client": lambda received: _json("401 No", {"error": "invalid_client", "error_description": received}),
    "limited": _refusal("429 Slow", 4, "Retry-After: soon"),
    "broken-500": _refusal("500 Oops", 1),
    "away-503": _refusal("503 Oops", 2, "Retry-After: 7"),
    "html": lambda received: answer("200 OK", f"<html>{received}</html>".encode(), "Content-Type: text/html"),
    "redirect": lambda received: answer(
        "302 Found", received.encode(), f"Location: https://example.com/?t={_token(received)}"
    ),
    "reason": _raw(lambda token: f"HTTP/1.1 500 {token}\r\nContent-Length: 0\r\n\r\n"),
    "list": lambda received: _json("200 OK", [received]),
    "no-id": lambda received: _json(
        "200 OK", {"echo": received, "app": {"client_id": CLIENT_ID}, "user": {"echo": received}}
    ),
    "bad-json": _raw(lambda token: f'{_OK}Content-Length: 300\r\n\r\n{{"id": "{token}", {token}{" " * 300}'),
    "bad-utf8": lambda received: answer("200 OK", b'{"id": "\xff' + _token(received).encode() + b'"}'),
    "status-line": _raw(lambda token: f"HTTP/1.1 {token}\r\n\r\n"),
    "no-http": _raw(lambda token: f"{token}\r\n\r\n"),
    "header": _raw(lambda token: f"{_OK}{token}\r\nContent-Length: 2\r\n\r\n{{}}"),
    "truncated": _raw(lambda token: f"{_OK}Content-Length: 10000\r\n\r\n{token}"),
    "chunk": _raw(lambda token: f"{_OK}Transfer-Encoding: chunked\r\n\r\n{token}\r\n{token}\r\n"),
    "gzip": _raw(lambda token: f"{_OK}Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\n{token[:20]}"),
    "length": _raw(lambda token: f"{_OK}Content-Length: {token}\r\n\r\n{token}"),
    "reset": _reset,
    SILENT: _hang,
    **dict.fromkeys((*STEPS, "listener"), _profile),
    **{f"after-{kind}": _exchanged_before(kind) for kind in AFTER},
}
