"""The HTTP transport for provider calls, over real sockets (docs/threats.md, rows 16-21 and 29)."""

import gzip
import logging
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import responses
from django.test import override_settings
from social_core.exceptions import SocialAuthBaseException

from shared.http.redaction import related_exceptions
from social.engine import backends
from social.engine.strategy import StatelessStrategy
from social.network import deadline, log_redaction, transport
from social.providers.github import GitHub
from social.providers.twitter import Twitter
from tests.social.local_provider import Handler, LocalProvider, answer, serving

API = "https://api.github.com/user"
DEADLINE = 0.3
SOON = 5.0
"""The seconds within which a call with DEADLINE must end, on a busy machine."""
UNHURRIED = 30.0
"""A deadline for calls that are answered at once, on a busy machine."""


@pytest.fixture(autouse=True)
def fresh_connections() -> Iterator[None]:
    """Use a new connection pool for each test, and close it afterwards."""
    transport.adapter.cache_clear()
    yield
    transport.adapter().close()
    transport.adapter.cache_clear()


def github() -> Any:
    return backends.backend_class(GitHub)(StatelessStrategy())


def fetch(provider: LocalProvider, url: str = API, *, seconds: float = UNHURRIED, **more: Any) -> Any:
    """Send a call for GitHub to the local provider."""
    with (
        override_settings(SANDBOX=True, PROVIDER_HOSTS={"https://api.github.com": provider.url}),
        deadline.within(seconds),
    ):
        return github().request(url, **more)


def failure(handler: Handler, **more: Any) -> tuple[SocialAuthBaseException, float]:
    """Send a call that fails; return the error and the seconds it took."""
    with serving(handler) as provider:
        began = time.monotonic()
        with pytest.raises(SocialAuthBaseException) as caught:
            fetch(provider, **more)
        return caught.value, time.monotonic() - began


def test_status_headers_and_json_are_returned() -> None:
    """The response has the status, headers and JSON as with requests."""
    with serving(answer("200 OK", b'{"id": 7}', "Content-Type: text/plain", "X-Served-By: us")) as provider:
        response = fetch(provider)
    assert (response.status_code, response.json(), response.headers["X-Served-By"]) == (200, {"id": 7}, "us")


def test_a_connection_is_reused() -> None:
    """Calls to one provider use one kept-alive connection."""
    with serving(answer("200 OK", b"{}")) as provider:
        for _ in range(5):
            assert fetch(provider).json() == {}
        assert (provider.connections, len(provider.requests)) == (1, 5)


def test_a_closed_connection_is_replaced() -> None:
    """A connection that the provider closes between two calls causes no error."""
    closed = threading.Event()

    def once(connection: socket.socket, request: bytes) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        connection.shutdown(socket.SHUT_RDWR)
        closed.set()
        return False

    with serving(once) as provider:
        for _ in range(3):
            assert fetch(provider).json() == {}
            assert closed.wait(UNHURRIED)
            closed.clear()
        assert provider.connections == 3


def test_cookies_are_not_stored() -> None:
    """A cookie from one user's call is never sent with another user's."""
    with serving(answer("200 OK", b"{}", "Set-Cookie: session=canary; Path=/")) as provider:
        for _ in range(2):
            fetch(provider)
        assert b"canary" not in provider.requests[1]
        assert b"\r\ncookie:" not in provider.requests[1].lower()


@pytest.mark.threat(21)
@pytest.mark.parametrize(
    "url",
    [
        "http://api.github.com/user",
        "https://api.github.com.evil.example/user",
        "https://evil.example/user",
        "https://127.0.0.1/user",
        "https://someone@api.github.com/user",
        "https://api.github.com@evil.example/user",
        "https://graph.facebook.com/me",
        "ftp://api.github.com/user",
    ],
)
def test_only_known_hosts_over_https(url: str) -> None:
    """A call to another host is refused before a socket is opened, also in the sandbox."""
    with serving(answer("200 OK", b"{}")) as provider:
        with pytest.raises(SocialAuthBaseException) as caught:
            fetch(provider, url)
        # `connection_failed` would also be the result of a host that does not resolve.
        assert caught.value.code == "malformed_response"
        assert provider.connections == 0


def test_provider_hosts_is_ignored_outside_the_sandbox() -> None:
    """PROVIDER_HOSTS has no effect without SANDBOX=1."""
    with (
        override_settings(SANDBOX=False, PROVIDER_HOSTS={"https://api.github.com": "http://127.0.0.1:1"}),
        responses.RequestsMock() as mock,
    ):
        mock.get(API, json={"id": 7})
        assert github().request(API).json() == {"id": 7}


@pytest.mark.threat(21)
def test_a_redirect_is_not_followed() -> None:
    """A redirect is a malformed response, whatever its target."""
    with serving(answer("200 OK", b'{"id": 666}')) as canary:
        error, _ = failure(answer("302 Found", b"", f"Location: {canary.url}/"))
        assert error.code == "malformed_response"
        assert canary.connections == 0


@pytest.mark.threat(21)
@pytest.mark.parametrize("status", ["301 Moved", "303 See Other", "304 Not Modified", "307 Temporary Redirect"])
def test_no_kind_of_redirect_is_followed(status: str) -> None:
    """Each redirect status is a malformed response."""
    assert failure(answer(status))[0].code == "malformed_response"


@pytest.mark.threat(20)
@pytest.mark.parametrize("size", [transport.MAX_RESPONSE_SIZE, transport.MAX_RESPONSE_SIZE + 1])
@pytest.mark.parametrize("compressed", [False, True])
def test_the_size_limit_applies_to_the_decoded_response(size: int, *, compressed: bool) -> None:
    """A response is read up to the limit, compressed or not, and one byte more is an error."""
    body = b'"' + b"x" * (size - 2) + b'"'
    headers = ["Content-Encoding: gzip"] if compressed else []
    handler = answer("200 OK", gzip.compress(body) if compressed else body, *headers)
    if size > transport.MAX_RESPONSE_SIZE:
        assert failure(handler)[0].code == "malformed_response"
    else:
        with serving(handler) as provider:
            assert len(fetch(provider).json()) == size - 2


@pytest.mark.threat(20)
@pytest.mark.parametrize(
    "head",
    [
        b"200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        b"200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"302 Found\r\nLocation: /x\r\nContent-Length: 99999999999\r\n\r\n",
        b"302 Found\r\nLocation: /x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
    ],
    ids=["endless", "a chunk of -1 byte", "an endless redirect", "a redirect with a chunk of -1 byte"],
)
def test_an_endless_response_is_not_read(head: bytes) -> None:
    """Little more than the limit is read, whatever the headers declare."""
    sent = 0

    def endless(connection: socket.socket, request: bytes) -> bool:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 " + head)
        while True:
            sent += connection.send(b"x" * 65536)

    caught, _ = failure(endless)
    assert caught.code == "malformed_response"
    # The buffers of the sockets come on top.
    assert sent < transport.MAX_RESPONSE_SIZE + 16 * 1024 * 1024


def test_invalid_gzip_is_a_malformed_response() -> None:
    """A body that cannot be decompressed is the provider's fault, not an internal error."""
    error, _ = failure(answer("200 OK", b"not gzip", "Content-Encoding: gzip"))
    assert error.code == "malformed_response"


def drip(data: bytes, pause: float, silence: float = 0) -> Handler:
    """Return a handler that sends one byte at a time, then nothing for `silence` seconds."""

    def handler(connection: socket.socket, request: bytes) -> bool:
        for byte in data:
            connection.sendall(bytes([byte]))
            time.sleep(pause)
        time.sleep(silence)
        return False

    return handler


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"


@pytest.mark.threat(19)
@pytest.mark.parametrize(
    "handler",
    [
        pytest.param(drip(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 500, 0.1), id="headers"),
        pytest.param(drip(HEAD + b"x" * 500, 0.05), id="body"),
        pytest.param(drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 50, 0.05), id="interim"),
        pytest.param(drip(b"", 0, SOON), id="silence"),
    ],
)
def test_the_deadline_limits_the_whole_response(handler: Handler) -> None:
    """The call ends at the deadline, however slowly the bytes arrive."""
    error, seconds = failure(handler, seconds=DEADLINE)
    assert error.code == "timeout"
    assert DEADLINE * 0.8 < seconds < SOON


@pytest.mark.threat(19)
def test_the_deadline_limits_all_calls_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second call gets the time that the first has left."""
    ahead = 0.0
    monkeypatch.setattr(deadline, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + ahead))

    def slow(connection: socket.socket, request: bytes) -> bool:
        if ahead:
            time.sleep(SOON)
            return False
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        return True

    with (
        serving(slow) as provider,
        override_settings(SANDBOX=True, PROVIDER_HOSTS={"https://api.github.com": provider.url}),
        deadline.within(UNHURRIED),
    ):
        backend = github()
        assert backend.request(API).json() == {}
        ahead = UNHURRIED - DEADLINE
        with pytest.raises(SocialAuthBaseException) as caught:
            backend.request(API)
    assert caught.value.code == "timeout"


def test_the_connection_of_a_timed_out_call_is_not_reused() -> None:
    """The late answer to one user's call is never read as the answer to another's."""
    answered = threading.Event()

    def late(connection: socket.socket, request: bytes) -> bool:
        name = request.partition(b"person=")[2][:1]
        if name == b"a":
            time.sleep(2 * DEADLINE)
        body = b'{"person": "%b"}' % name
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        finally:
            answered.set()
        return True

    with serving(late) as provider:
        with pytest.raises(SocialAuthBaseException):
            fetch(provider, API + "?person=a", seconds=DEADLINE)
        assert answered.wait(UNHURRIED)
        assert fetch(provider, API + "?person=b").json() == {"person": "b"}
        assert provider.connections == 2


@pytest.mark.threat(17, 18)
@pytest.mark.parametrize(
    ("handler", "code"),
    [
        (lambda connection, request: False, "connection_failed"),
        (answer("500 Internal Server Error"), "unavailable"),
        (answer("503 Service Unavailable", b"", "Retry-After: 7"), "unavailable"),
        (answer("429 Too Many Requests", b"", "Retry-After: 7"), "rate_limited"),
        (drip(b"nonsense\r\n\r\n", 0), "connection_failed"),
    ],
    ids=["closed", "500", "503", "429", "no-http"],
)
def test_a_failure_has_a_code_of_social_core(handler: Handler, code: str) -> None:
    """The translation of exceptions reads the code."""
    assert failure(handler)[0].code == code


@pytest.mark.threat(17)
def test_a_refused_connection_is_no_timeout() -> None:
    """A refused connection has the code `connection_failed`."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with (
            override_settings(SANDBOX=True, PROVIDER_HOSTS={"https://api.github.com": url}),
            pytest.raises(SocialAuthBaseException) as caught,
        ):
            github().request(API)
    assert caught.value.code == "connection_failed"


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "ALL_PROXY", "REQUESTS_CA_BUNDLE"])
def test_environment_variables_do_not_redirect_calls(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """Proxies and bundles in the environment are ignored: the settings decide where tokens are sent."""
    with serving(answer("200 OK", b"{}")) as provider:
        monkeypatch.setenv(variable, "http://127.0.0.1:1")
        assert fetch(provider).status_code == 200


def _error_text(call: Callable[[], object]) -> str:
    """Return every text of a failed call that a log could contain."""
    try:
        call()
    except SocialAuthBaseException as error:
        return f"{error} {error.detail} {error.__cause__} {error.context}"
    return ""


@pytest.mark.threat(29)
@pytest.mark.parametrize("status", ["200 OK", "401 Unauthorized", "503 Service Unavailable"])
def test_no_record_at_any_level_holds_a_secret(caplog: pytest.LogCaptureFixture, status: str) -> None:
    """At DEBUG no library below the transport logs a token."""
    caplog.set_level(logging.DEBUG)
    log_redaction.install_filters()
    url = "https://api.twitter.com/1.1/account/verify_credentials.json?access_token=canary-query"
    with serving(answer(status, b'{"error": "no"}')) as provider:
        hosts = {"https://api.twitter.com": provider.url, "https://api.github.com": provider.url}
        with override_settings(SANDBOX=True, PROVIDER_HOSTS=hosts):
            backend: Any = backends.backend_class(Twitter)(StatelessStrategy())
            signed = backend.oauth_auth({"oauth_token": "canary-token", "oauth_token_secret": "canary-secret"})
            calls = [
                lambda: backend.request(url, auth=signed),
                lambda: github().request(
                    f"{API}?token=canary-query", headers={"Authorization": "Bearer canary-header"}
                ),
                lambda: github().request(API, method="POST", json={"access_token": "canary-body"}),
            ]
            texts = [_error_text(call) for call in calls]
        sent = b"".join(provider.requests)
    assert not any("canary" in text for text in texts)
    assert sent.count(b"canary") >= 4, "the canaries must have gone out for this to show anything"
    assert any(record.name.startswith("urllib3") for record in caplog.records)
    formatted = [record.getMessage() + str(record.args) + str(record.exc_info) for record in caplog.records]
    assert [line for line in formatted if "canary" in line or "our-twitter-secret" in line] == []


@pytest.mark.threat(29)
@pytest.mark.parametrize("status", ["400 Bad Request", "503 Service Unavailable"])
def test_no_pattern_is_made_of_a_url(monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    """`re` keeps patterns: of each failed call it would keep the access token, and many kilobytes."""
    token, patterns = "t" * 43, list[str]()
    compile_pattern = re.compile

    def spy(pattern: Any, *flags: Any) -> re.Pattern[Any]:
        patterns.append(str(pattern))
        return compile_pattern(pattern, *flags)

    monkeypatch.setattr(re, "compile", spy)
    handlers: list[Handler] = [answer(status, b"{}"), lambda connection, request: False]
    for handler in handlers:
        error, _ = failure(handler, params={"access_token": token})
        assert not [one for one in related_exceptions(error) if token in str(one)]
    assert not [pattern for pattern in patterns if token in pattern]


@pytest.mark.threat(19)
def test_concurrent_calls_have_their_own_deadlines() -> None:
    """A deadline belongs to one sign-up: the short one does not end the other."""

    def slow(connection: socket.socket, request: bytes) -> bool:
        time.sleep(0.5)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        return True

    outcomes: dict[float, str] = {}

    with (
        serving(slow) as provider,
        override_settings(SANDBOX=True, PROVIDER_HOSTS={"https://api.github.com": provider.url}),
    ):

        def call(seconds: float) -> None:
            with deadline.within(seconds):
                try:
                    github().request(API)
                except SocialAuthBaseException as error:
                    outcomes[seconds] = error.code
                else:
                    outcomes[seconds] = "answered"

        threads = [threading.Thread(target=call, args=[seconds]) for seconds in (0.2, 10.0)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert outcomes == {0.2: "timeout", 10.0: "answered"}
