"""TLS verification of provider calls: one context for each bundle, and no request without a valid certificate."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from social_core.exceptions import SocialAuthBaseException

from benchmarks.certificates import Authority
from social.engine import backends
from social.engine.strategy import StatelessStrategy
from social.network import deadline, transport
from social.providers.github import GitHub
from tests.social.certificates import ELSEWHERE, serving_over_tls
from tests.social.local_provider import LocalProvider, answer, serving

API = "https://api.github.com/user"
SETTING = "SOCIAL_AUTH_GITHUB_"
UNVERIFIED = pytest.mark.filterwarnings("ignore:Unverified HTTPS:urllib3.exceptions.InsecureRequestWarning")
ONCE = answer("200 OK", b"{}", "Connection: close")
KEPT = answer("200 OK", b"{}")


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Use new connections and contexts for each test."""
    for made in (transport.adapter, transport._ssl_context):
        made.cache_clear()
    yield
    transport.adapter().close()
    for made in (transport.adapter, transport._ssl_context):
        made.cache_clear()


@pytest.fixture
def authority() -> Authority:
    """Return a certificate authority."""
    return Authority()


def fetch(provider: LocalProvider, url: str = API, **given: Any) -> Any:
    """Send a call for GitHub to the local provider with these settings."""
    settings = {SETTING + name: value for name, value in given.items()}
    with (
        override_settings(SANDBOX=True, PROVIDER_HOSTS={"https://api.github.com": provider.url}, **settings),
        deadline.within(10),
    ):
        backend: Any = backends.backend_class(GitHub)(StatelessStrategy())
        return backend.request(url).json()


def refusal(provider: LocalProvider, **given: Any) -> str:
    """Send a call that fails and return the code of the error."""
    with pytest.raises(SocialAuthBaseException) as caught:
        fetch(provider, **given)
    return caught.value.code


def test_a_bundle_is_read_once_per_process(authority: Authority, tmp_path: Path) -> None:
    """New connections do not read the file again; only a new process uses a changed bundle."""
    bundle, place = tmp_path / "bundle.pem", authority.signed(tmp_path / "server.pem")
    authority.bundle(bundle)
    with serving_over_tls(ONCE, place) as provider:
        assert fetch(provider, VERIFY_SSL=str(bundle)) == {}
        bundle.unlink()
        assert fetch(provider, VERIFY_SSL=str(bundle)) == {}
        Authority("another").bundle(bundle)
        assert fetch(provider, VERIFY_SSL=str(bundle)) == {}
        assert provider.handshakes == 3
        transport._ssl_context.cache_clear()
        transport.adapter.cache_clear()
        assert refusal(provider, VERIFY_SSL=str(bundle)) == "tls_error"


def test_a_missing_bundle_is_read_again(authority: Authority, tmp_path: Path) -> None:
    """A missing bundle is not cached: calls work once the file exists."""
    bundle = tmp_path / "bundle.pem"
    with serving_over_tls(KEPT, authority.signed(tmp_path / "server.pem")) as provider:
        assert refusal(provider, VERIFY_SSL=str(bundle)) == "connection_failed"
        authority.bundle(bundle)
        assert fetch(provider, VERIFY_SSL=str(bundle)) == {}


def test_a_tls_connection_is_reused(authority: Authority, tmp_path: Path) -> None:
    """Several calls use one connection and one handshake."""
    bundle = authority.bundle(tmp_path / "bundle.pem")
    with serving_over_tls(KEPT, authority.signed(tmp_path / "server.pem")) as provider:
        for _ in range(5):
            assert fetch(provider, VERIFY_SSL=bundle) == {}
        assert (provider.connections, provider.handshakes, len(provider.requests)) == (1, 1, 5)


@pytest.mark.threat(29)
@pytest.mark.parametrize("wrong", ["authority", "name", "expired", "not yet", "the world's bundle"])
def test_an_invalid_certificate_gets_no_request(authority: Authority, tmp_path: Path, wrong: str) -> None:
    """A wrong authority, name or time is refused before a request is sent, also after a good call."""
    bundle = authority.bundle(tmp_path / "bundle.pem")
    invalid: dict[str, dict[str, Any]] = {
        "name": {"names": ELSEWHERE},
        "expired": {"begins": timedelta(days=-2), "ends": timedelta(hours=-1)},
        "not yet": {"begins": timedelta(hours=1)},
    }
    signs = Authority() if wrong == "authority" else authority
    place = signs.signed(tmp_path / "server.pem", **invalid.get(wrong, {}))
    good = authority.signed(tmp_path / "good.pem")
    with serving_over_tls(ONCE, good) as provider:
        assert fetch(provider, VERIFY_SSL=bundle) == {}
    with serving_over_tls(KEPT, place) as provider:
        verify: dict[str, Any] = {} if wrong == "the world's bundle" else {"VERIFY_SSL": bundle}
        for _ in range(2):
            assert refusal(provider, **verify) == "tls_error"
        assert provider.requests == []


@UNVERIFIED
@pytest.mark.threat(29)
def test_a_connection_is_reused_only_with_the_same_verification(authority: Authority, tmp_path: Path) -> None:
    """A connection opened without verification or with another bundle is not reused by a stricter call."""
    bundle = authority.bundle(tmp_path / "bundle.pem")
    other = Authority("another").bundle(tmp_path / "other.pem")
    with serving_over_tls(KEPT, authority.signed(tmp_path / "server.pem")) as provider:
        assert fetch(provider, VERIFY_SSL=False) == {}
        assert fetch(provider, VERIFY_SSL=bundle) == {}
        for _ in range(2):
            assert refusal(provider, VERIFY_SSL=other) == "tls_error"
            assert refusal(provider) == "tls_error"
        assert fetch(provider, VERIFY_SSL=bundle) == {}
        assert len(provider.requests) == 3


@UNVERIFIED
def test_verification_can_be_switched_off(tmp_path: Path) -> None:
    """With VERIFY_SSL=False any certificate is accepted."""
    expired = Authority().signed(tmp_path / "server.pem", names=ELSEWHERE, ends=timedelta(minutes=-1))
    with serving_over_tls(KEPT, expired) as provider:
        assert fetch(provider, VERIFY_SSL=False) == {}


def test_a_directory_of_certificates_is_a_bundle(authority: Authority, tmp_path: Path) -> None:
    """A directory by OpenSSL's hashed names works as a bundle, and other certificates are refused."""
    folder = authority.directory(tmp_path / "certificates")
    with serving_over_tls(ONCE, authority.signed(tmp_path / "server.pem")) as provider:
        for _ in range(2):
            assert fetch(provider, VERIFY_SSL=folder) == {}
    with serving_over_tls(KEPT, Authority("another").signed(tmp_path / "theirs.pem")) as provider:
        assert refusal(provider, VERIFY_SSL=folder) == "tls_error"


def test_concurrent_first_calls_share_the_context(authority: Authority, tmp_path: Path) -> None:
    """The first calls of a process from several threads are all answered."""
    bundle = tmp_path / "bundle.pem"
    authority.bundle(bundle)
    answers: list[Any] = []
    with serving_over_tls(KEPT, authority.signed(tmp_path / "server.pem")) as provider:
        given = {SETTING + "VERIFY_SSL": str(bundle)}
        with override_settings(SANDBOX=True, PROVIDER_HOSTS={"https://api.github.com": provider.url}, **given):

            def call() -> None:
                backend: Any = backends.backend_class(GitHub)(StatelessStrategy())
                answers.append(backend.request(API).json())

            threads = [threading.Thread(target=call) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    assert answers == [{}] * 8


def proxy_handler(connection: socket.socket, request: bytes) -> bool:
    """Answer CONNECT with a tunnel, and any other request directly, as an outgoing proxy does."""
    method, target = request.split(b" ")[:2]
    if method != b"CONNECT":
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"proxied":true}'[:-1])
        return True
    host, _, port = target.decode().rpartition(":")
    with closing(socket.create_connection((host, int(port)))) as upstream:
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        back = threading.Thread(target=_copy, args=[upstream, connection], daemon=True)
        back.start()
        _copy(connection, upstream)
        back.join(5)
    return False


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@pytest.mark.threat(21)
def test_the_configured_proxy_is_used(authority: Authority, tmp_path: Path) -> None:
    """SOCIAL_AUTH_PROXIES: calls go through a tunnel, verify the provider's certificate and reuse the connection."""
    bundle = authority.bundle(tmp_path / "bundle.pem")
    other = Authority("another").bundle(tmp_path / "other.pem")
    with serving(proxy_handler) as proxy, serving_over_tls(KEPT, authority.signed(tmp_path / "server.pem")) as provider:
        given: dict[str, Any] = {"PROXIES": {"https": proxy.url}}
        for _ in range(3):
            assert fetch(provider, VERIFY_SSL=bundle, **given) == {}
        host = provider.url.removeprefix("https://").encode()
        assert proxy.requests[0].startswith(b"CONNECT " + host)
        assert (proxy.connections, provider.connections, len(provider.requests)) == (1, 1, 3)
        assert refusal(provider, VERIFY_SSL=other, **given) == "tls_error"
        assert len(provider.requests) == 3
        # No part of the call is visible to the proxy.
        assert not any(b"/user" in request for request in proxy.requests)


def test_a_proxy_is_used_for_plain_http() -> None:
    """The proxy gets the whole URL, as for a sandbox over HTTP."""
    with serving(answer("200 OK", b'{"by": "proxy"}')) as proxy, serving(KEPT) as provider:
        assert fetch(provider, PROXIES={"http": proxy.url}) == {"by": "proxy"}
        assert proxy.requests[0].startswith(f"GET {provider.url}/user ".encode())
        assert provider.connections == 0
        assert fetch(provider) == {}


def test_an_unreachable_proxy_is_an_error(authority: Authority, tmp_path: Path) -> None:
    """The call fails and is not sent directly."""
    bundle = authority.bundle(tmp_path / "bundle.pem")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        away = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with serving_over_tls(KEPT, authority.signed(tmp_path / "server.pem")) as provider:
        assert refusal(provider, VERIFY_SSL=bundle, PROXIES={"https": away}) == "connection_failed"
        assert provider.connections == 0
