"""Requests of every kind with planted secrets: valid and invalid sign-ups, calls with tokens, malformed requests."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.e2e.client import Api
from tests.e2e.servers import Service
from tests.leaks.canaries import Search, planted, without
from tests.leaks.echoing_provider import (
    AFTER,
    BY_CODE,
    EXCHANGED_ID_TOKEN,
    GOOD,
    KINDS,
    PROVIDERS,
    SILENT,
    code_fields,
    fields,
    id_token,
)

PATHS = ("", "provider/", "user/", "user/1/", "social_account/", "social_account/1/", "token/", "token/current/")
PLACES = ("", "livez", "readyz", "nowhere/", "static/nowhere.js", "api/v2/openapi.yaml", "api/v2/docs/", "metrics")


@dataclass
class Exchanges:
    """All answers, each with the token that it is allowed to contain."""

    search: Search
    answers: list[tuple[str, str, str]] = field(default_factory=list)
    """The name of the request, the whole answer, and the access token that the answer issues."""

    def record(self, asked: str, response: requests.Response, issued: str = "") -> requests.Response:
        """Record an answer."""
        head = "".join(f"{name}: {value}\n" for name, value in response.headers.items())
        self.answers.append((asked, f"{response.status_code} {response.reason}\n{head}\n{response.text}", issued))
        return response

    def leaks(self) -> list[str]:
        """Return the leaks found in the answers."""
        answers = [(asked, without(text, issued)) for asked, text, issued in self.answers]
        # One search of all answers first, because a search takes long; single searches only after a match.
        if not self.search.finds("\n".join(text for _, text in answers)):
            return []
        return [f"{asked}: {leak}" for asked, text in answers for leak in self.search.finds(text)]

    def statuses(self) -> dict[int, list[str]]:
        """Return the requests by the status of their answers."""
        found: dict[int, list[str]] = {}
        for asked, text, _ in self.answers:
            if text[:3].isdecimal():
                found.setdefault(int(text[:3]), []).append(asked)
        return found


def failures(exchanges: Exchanges, api: Api) -> None:
    """Sign up with each provider and each kind of refusal or failure, by access token and by code."""

    def one(how: str, provider: str, kind: str) -> None:
        sent = fields(provider, kind) if how == "token" else code_fields(provider, kind)
        exchanges.record(f"{provider} {how} {kind}", api.as_user(None).sign_up(sent))

    after = {f"after-{kind}" for kind in AFTER}
    kinds = [kind for kind in KINDS if kind not in GOOD]
    # A silent provider takes the whole deadline; a few of these calls are enough, and they run at the same time.
    calls = [
        ("token", provider, kind)
        for provider in PROVIDERS
        for kind in kinds
        if kind not in after and (kind != SILENT or provider[0] in "fg")
    ]
    calls += [("code", provider, kind) for provider in BY_CODE for kind in kinds]
    calls.sort(key=lambda call: call[2] != SILENT)
    with ThreadPoolExecutor(4) as callers:
        list(callers.map(lambda call: one(*call), calls))


def sign_ups(exchanges: Exchanges, api: Api) -> str:
    """Sign up, sign in and link with every provider, by token and by code; return one of our tokens."""
    token = ""
    for provider in PROVIDERS:
        for kind, actor in (("good", token), ("good", None), ("named", None), ("listener", None)):
            response = api.as_user(actor or None).sign_up(fields(provider, kind))
            issued = response.json().get("token") or ""
            if issued:
                exchanges.search.note(issued)
            exchanges.record(f"{provider} {kind}", response, issued)
            token = issued or token
    _by_code(exchanges, api, token)
    _by_id_token(exchanges, api)
    return token


def _by_code(exchanges: Exchanges, api: Api, token: str) -> None:
    exchanges.search.note(EXCHANGED_ID_TOKEN)
    nonce = {"nonce": planted("nonce")}
    for provider in BY_CODE:
        for kind, actor in (("good", token), ("good", None), ("named", None), ("listener", None)):
            response = api.as_user(actor).sign_up(code_fields(provider, kind))
            issued = response.json().get("token") or ""
            if issued:
                exchanges.search.note(issued)
            exchanges.record(f"{provider} code {kind}", response, issued)
        for name, change in (
            ("without a verifier", {"code_verifier": ""}),
            ("an invalid verifier", {"code_verifier": planted("verifier")}),
            ("a foreign redirect URI", {"redirect_uri": f"https://example.com/{planted('redirect')}"}),
            ("an invalid code", {"code": f"{planted('code')} {planted('code')}"}),
            ("state and secret", {"state": planted("state"), "client_secret": planted("client"), "code": 7}),
            *((("another nonce", nonce),) if provider == "google-oauth2" else ()),
        ):
            response = api.as_user(None).sign_up({**code_fields(provider, "good"), **change})
            exchanges.record(f"{provider} code {name}", response)


def _by_id_token(exchanges: Exchanges, api: Api) -> None:
    nonce = planted("nonce")
    tokens = {
        "good": id_token(nonce=nonce),
        "another nonce": id_token(nonce=planted("nonce")),
        "another audience": id_token(nonce=nonce, aud=planted("aud")),
        "another issuer": id_token(nonce=nonce, iss=planted("iss")),
        "expired": id_token(nonce=nonce, exp=1),
        "a number for a name": id_token(nonce=nonce, sub=7, email=planted("email")),
        "not verified": id_token(nonce=nonce, email_verified=planted("verified")),
        "times of text": id_token(nonce=nonce, nbf=planted("nbf")),
        "cut off": id_token(nonce=nonce)[:-40],
        "tampered": id_token(nonce=nonce)[:-4] + "AAAA",
        "nonsense": planted("id-token"),
        "three parts": ".".join([planted("head"), planted("claims"), planted("signature")]),
    }
    for kind, token in tokens.items():
        exchanges.search.note(token)
        for more in ({"nonce": nonce}, {}, {"access_token": planted("unused"), "first_name": "x" * 151}):
            response = api.as_user(None).sign_up({"provider": "google-oauth2", "id_token": token, **more})
            issued = response.json().get("token") or ""
            if issued:
                exchanges.search.note(issued)
            exchanges.record(f"id_token, {kind}", response, issued)


def calls(exchanges: Exchanges, api: Api, token: str) -> None:
    """Call every path with valid and invalid tokens in every form, and with secrets in unexpected places."""

    def call(method: str, path: str, **more: Any) -> None:
        # A new connection: the server closes it if a body is not read.
        response = requests.request(method, api.service + path, timeout=60, allow_redirects=False, **more)
        exchanges.record(f"{method} {path[:40]}", response)

    for header in _headers(token):
        for path in ("user/", "provider/", "token/current/"):
            call("GET", api.root + path, headers={"Authorization": header})
    for secret in (token, planted("in-url")):
        for path in (*(api.root + path for path in PATHS), *("/" + place for place in PLACES)):
            call("GET", path, params={"api_key": secret, "username": "ripley"})
            call("GET", path + secret)
        for method in ("POST", "PUT", "DELETE", "BREW", "OPTIONS", "HEAD"):
            for path in ("user/", f"token/{secret}/"):
                call(method, api.root + path, params={"x": secret}, headers={"Cookie": f"sessionid={secret}"})
        call("GET", api.root + "user/", params={"limit": secret}, headers={"Authorization": f"Bearer {token}"})
    for body, headers in _bodies():
        call("POST", api.root + "social_sign_up/", data=body, headers=headers)
        call("POST", "/", data=body, headers=headers)
    call("GET", api.root + "user/", headers={"Host": planted("host").partition("~")[0]})


def _headers(token: str) -> Iterator[str]:
    for value in (token, token + "x", token[:-1], planted("authorization")):
        yield from (f"Bearer {value}", f"Token {value}", f"ApiKey ripley:{value}", f"ApiKey nobody:{value}")
        yield from (f"Bearer {value}, Bearer {value}", f"Basic {value}", value, f"Bearer {value} {value}")
    yield f"ApiKey {planted('name')}:{token}"


def _bodies() -> Iterator[tuple[Any, dict[str, str]]]:
    json = {"Content-Type": "application/json"}
    secret = planted("body")
    yield f'{{"provider": "facebook", "access_token": "{secret}"', json
    yield f'{{"access_token": "{secret}", "access_token": "{secret}"}}', json
    yield f'{{"provider": "{secret[:32]}", "access_token": "{secret}"}}', json
    yield f'{{"provider": "facebook", "access_token": "{secret} {secret}", "{secret}": 1}}', json
    yield f'{{"provider": "facebook", "access_token": ["{secret}"]}}', json
    yield f'{{"provider": "twitter", "access_token": "{secret}", "access_token_secret": null}}', json
    yield f'{{"provider": "facebook", "access_token": "{secret}", "id_token": "\u00e9{secret}"}}'.encode(), json
    yield f'"{secret}"', json
    yield b"\xff" + secret.encode(), json
    yield secret * 2000, json
    yield {"access_token": secret, secret: secret}, {}
    yield secret, {"Content-Type": secret}
    yield secret, {**json, "Content-Encoding": secret}


def no_http(exchanges: Exchanges, service: Service, path: str) -> None:
    """Send malformed and incomplete HTTP requests that contain secrets."""
    secret = planted("no-http")
    host = "Host: localhost\r\n"
    post = f"POST {path} HTTP/1.1\r\n{host}Content-Type: application/json\r\n"
    for text in (
        f"{secret}\r\n\r\n",
        f"GET {path}?api_key={secret} HTTP/{secret}\r\n\r\n",
        f"GET {path}?api_key={secret} HTTP/9.9\r\n\r\n",
        f"G{{}}T {path}?api_key={secret} HTTP/1.1\r\n{host}\r\n",
        f"GET {path}?api_key={secret}\r\n\r\n",
        f"GET {path}?api_key={secret} more HTTP/1.1\r\n{host}\r\n",
        f"GET {path} HTTP/1.1\r\n{host}Authorization : Bearer {secret}\r\n\r\n",
        f"GET {path} HTTP/1.1\r\n{host}Authorization: Bearer\r\n {secret}\r\n\r\n",
        f"GET {path} HTTP/1.1\r\n{host}{secret}\r\n\r\n",
        f"GET {path} HTTP/1.1\r\n{host}Auth({secret}): x\r\n\r\n",
        f"GET {path} HTTP/1.1\r\n{host}Authorization: Bearer {secret}\0\r\n\r\n",
        f"GET {path} HTTP/1.1\r\n{host}Authorization: {secret * 300}\r\n\r\n",
        f"GET {path}?api_key={secret * 200} HTTP/1.1\r\n{host}\r\n",
        f"GET {path} HTTP/1.1\r\n{host}Expect: {secret}\r\n\r\n",
        f"PROXY {secret}\r\n\r\n",
        f"{post}Content-Length: {secret}\r\n\r\n",
        f"{post}Transfer-Encoding: {secret}\r\n\r\n",
        f"{post}Content-Length: 5000\r\n\r\n{secret}",
        f"{post}Transfer-Encoding: chunked\r\n\r\n{secret}\r\n{secret}\r\n",
        f"{post}Transfer-Encoding: chunked\r\n\r\n5;{secret}\r\n12345\r\n0\r\n\r\n",
        f"{post}Transfer-Encoding: chunked\r\n\r\n5\r\n12345{secret}\r\n0\r\n\r\n",
        f"{post}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n{secret}\r\n\r\n",
        f"{post}Transfer-Encoding: chunked\r\n\r\nff\r\n{secret}",
    ):
        with socket.create_connection(service.address, timeout=60) as connection:
            connection.sendall(text.encode())
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while part := connection.recv(65536):
                answer += part
        exchanges.answers.append((f"no HTTP, {text[:20]!r}", answer.decode("latin-1").removeprefix("HTTP/1.1 "), ""))
