"""The requests that the transport sends: exactly the caller's, with our own headers."""

import json
import string
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import requests
from django.test import override_settings
from requests.structures import CaseInsensitiveDict
from social_core.utils import user_agent

from shared.contract.errors import ApiError
from shared.contract.sign_up import Credential
from social.engine import backends
from social.engine.strategy import StatelessStrategy
from social.identify import identify
from social.network import deadline, transport
from social.providers.github import GitHub
from tests.social.local_provider import LocalProvider, answer, serving

API = "https://api.github.com/user"
ORIGINS = (
    *("https://api.github.com", "https://graph.facebook.com", "https://graph.instagram.com"),
    *("https://api.twitter.com", "https://oauth2.googleapis.com", "https://www.googleapis.com"),
)
OURS = {"accept": "application/json", "accept-encoding": "identity", "user-agent": user_agent()}
ALL_VISIBLE = string.ascii_letters + string.digits + string.punctuation


@pytest.fixture(autouse=True)
def fresh_connections() -> Iterator[None]:
    """Use a new connection pool for each test."""
    transport.adapter.cache_clear()
    yield
    transport.adapter().close()
    transport.adapter.cache_clear()


@pytest.fixture
def provider() -> Iterator[LocalProvider]:
    """Serve all providers at once, refusing every token."""
    handler = answer("401 Unauthorized", b'{"error": {"message": "no", "code": 190}}')
    with serving(handler) as provider:
        hosts = dict.fromkeys(ORIGINS, provider.url)
        with override_settings(SANDBOX=True, PROVIDER_HOSTS=hosts), deadline.within(10):
            yield provider


def send(**call: Any) -> None:
    """Send a call for GitHub."""
    backend: Any = backends.backend_class(GitHub)(StatelessStrategy())
    with suppress(Exception):
        backend.request(**{"url": API, **call})


def parts(request: bytes) -> tuple[str, dict[str, str], bytes]:
    """Return the request line, the headers and the body as received."""
    head, _, body = request.partition(b"\r\n\r\n")
    line, *headers = head.decode("latin-1").split("\r\n")
    return line, {name.lower(): value for name, _, value in (one.partition(": ") for one in headers)}, body


CALLS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "plain": ({}, {}),
    "of one's own": ({"headers": {"Accept": "text/x", "X-One": "1"}}, {"accept": "text/x", "x-one": "1"}),
    "in another case": (
        {"headers": {"ACCEPT": "text/x", "user-agent": "me"}},
        {"accept": "text/x", "user-agent": "me"},
    ),
    "bearer": ({"headers": {"Authorization": "Bearer t"}}, {"authorization": "Bearer t"}),
    "our registration": (
        {"auth": ("id", "sécret")},
        {"authorization": "Basic " + b64encode("id:sécret".encode("latin-1")).decode()},
    ),
    "json": (
        {"method": "POST", "json": {"a": "ü"}},
        {"content-type": "application/json", "content-length": "15"},
    ),
    "form": (
        {"method": "POST", "data": {"a": "b c"}},
        {"content-type": "application/x-www-form-urlencoded", "content-length": "5"},
    ),
    "nothing to post": ({"method": "POST"}, {"content-length": "0"}),
    "query": ({"params": {"a": "b c", "none": None, "many": ["1", "2"]}}, {}),
}


@pytest.mark.parametrize("name", CALLS)
def test_only_our_headers_and_the_callers_are_sent(provider: LocalProvider, name: str) -> None:
    """A request has exactly our headers and the caller's."""
    call, expected = CALLS[name]
    send(**call)
    (request,) = provider.requests
    _, headers, _ = parts(request)
    assert headers == {**OURS, "host": provider.url.removeprefix("http://"), **expected}


@pytest.mark.parametrize("name", CALLS)
def test_a_requests_session_sends_the_same(provider: LocalProvider, name: str) -> None:
    """The line, headers and body equal those of a requests session, except `Connection`."""
    call, _ = CALLS[name]
    send(**call)
    (request,) = provider.requests
    line, headers, body = parts(request)
    with requests.Session() as session:
        session.trust_env = False
        given = {**OURS, **CaseInsensitiveDict(call.get("headers", {}))}
        asked = {"method": "GET", "url": API, **call, "headers": CaseInsensitiveDict(given)}
        prepared = session.prepare_request(requests.Request(**asked))
    its = {key.lower(): value for key, value in prepared.headers.items()}
    assert its.pop("connection") == "keep-alive"
    host = provider.url.removeprefix("http://")
    assert (line, headers, body) == (
        f"{prepared.method} {prepared.path_url} HTTP/1.1",
        {**its, "host": host},
        prepared.body.encode() if isinstance(prepared.body, str) else prepared.body or b"",
    )


@pytest.mark.threat(11)
def test_no_cookie_is_stored_or_sent() -> None:
    """A cookie on any answer is not sent with the next call."""
    setting = [f"Set-Cookie: canary{n}=1; Path=/; Max-Age=9999" for n in range(3)]
    for status in ("200 OK", "401 Unauthorized", "302 Found", "500 No"):
        with (
            serving(answer(status, b"{}", *setting, "Location: /elsewhere")) as provider,
            override_settings(SANDBOX=True, PROVIDER_HOSTS={"https://api.github.com": provider.url}),
        ):
            for _ in range(3):
                send()
            assert len(provider.requests) == 3
            assert not any(b"cookie" in request.lower() or b"canary" in request for request in provider.requests)


def test_netrc_is_ignored(provider: LocalProvider, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """No password from a .netrc is sent to a provider."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine api.github.com login canary password canary\ndefault login canary password canary\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    send()
    (request,) = provider.requests
    assert b"canary" not in request
    assert b"\r\nauthorization" not in request.lower()


def queried(request: bytes, name: str) -> list[str]:
    return parse_qs(urlsplit(parts(request)[0].split(" ")[1]).query, keep_blank_values=True)[name]


def signed(request: bytes, name: str) -> str:
    header = parts(request)[1]["authorization"]
    return unquote(header.partition(f'{name}="')[2].partition('"')[0])


@pytest.mark.threat(10)
@pytest.mark.parametrize("token", [ALL_VISIBLE, "a%2Fb%252Fc", "a&fields=x#b?c", "a+b=c/d==", "'\"", "%", "\\", "*/*"])
def test_a_token_reaches_the_provider_unchanged(provider: LocalProvider, token: str) -> None:
    """Any visible character reaches the provider unchanged and adds no parameter to the call."""

    def sent(name: str, **more: str) -> list[bytes]:
        provider.requests.clear()
        with pytest.raises(ApiError):
            identify(Credential(provider=name, access_token=token, **more))
        return list(provider.requests)

    assert queried(sent("facebook")[0], "access_token") == [token]
    assert queried(sent("facebook")[0], "fields") != ["x"]
    assert queried(sent("instagram")[0], "access_token") == [token]
    google = sent("google-oauth2")
    checks = [one for one in google if b"/tokeninfo" in one]
    profiles = [one for one in google if b"/userinfo" in one]
    assert [queried(one, "access_token") for one in checks] == [[token]]
    assert [parts(one)[1]["authorization"] for one in profiles] == [f"Bearer {token}"]
    assert json.loads(parts(sent("github")[0])[2]) == {"access_token": token}
    twitter = sent("twitter", access_token_secret=token)[0]
    assert signed(twitter, "oauth_token") == token


@pytest.mark.parametrize(
    ("url", "params"),
    [
        (API, {"access_token": ALL_VISIBLE, "fields": "id,name", "name": "Ælfgifu ☃"}),
        (API, {"empty": "", "space": " +"}),
        # Left to requests:
        (f"{API}?a=b", {"c": "d"}),
        ("https://api.github.com", {"c": "d"}),
        ("https://api.github.com/ü ser", {"c": "d"}),
        (API, {"absent": None, "list": ["a", "b"], "number": 1}),
        (API, None),
        (API, {}),
    ],
)
def test_a_request_is_prepared_as_requests_does(url: str, params: Any) -> None:
    """The usual GET without requests' preparation, every other request by it."""
    headers = {"Accept": "application/json"}
    theirs = requests.PreparedRequest()
    theirs.prepare("GET", url, headers=headers, params=params)
    ours = transport._prepare("GET", url, headers, params, data=None, json=None, auth=None)
    assert (ours.method, ours.url, ours.body, ours.headers) == (theirs.method, theirs.url, None, theirs.headers)
