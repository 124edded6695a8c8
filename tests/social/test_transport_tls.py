"""Whom the way out believes: one context for each bundle of certificates, and nobody who cannot show theirs."""

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
from tests.social.certificates import ELSEWHERE, playing_over_tls
from tests.social.local_provider import LocalProvider, answer, playing

API = "https://api.github.com/user"
SETTING = "SOCIAL_AUTH_GITHUB_"
UNVERIFIED = pytest.mark.filterwarnings("ignore:Unverified HTTPS:urllib3.exceptions.InsecureRequestWarning")
ONCE = answer("200 OK", b"{}", "Connection: close")
KEPT = answer("200 OK", b"{}")


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Each test has connections and contexts of its own."""
    for made in (transport.adapter, transport._ssl_context):
        made.cache_clear()
    yield
    transport.adapter().close()
    for made in (transport.adapter, transport._ssl_context):
        made.cache_clear()


@pytest.fixture
def authority() -> Authority:
    """Somebody to believe."""
    return Authority()


def fetch(provider: LocalProvider, url: str = API, **given: Any) -> Any:
    """Call GitHub, which is at the local provider, with these of its settings."""
    settings = {SETTING + name: value for name, value in given.items()}
    with (
        override_settings(SANDBOX=True, PROVIDER_HOSTS={"https://api.github.com": provider.url}, **settings),
        deadline.within(10),
    ):
        backend: Any = backends.backend_class(GitHub)(StatelessStrategy())
        return backend.request(url).json()


def refusal(provider: LocalProvider, **given: Any) -> str:
    """Send a call that fails; return the error's code."""
    with pytest.raises(SocialAuthBaseException) as caught:
        fetch(provider, **given)
    return caught.value.code


def test_the_bundle_is_read_once(authority: Authority, tmp_path: Path) -> None:
    """New connections need no file; another one in its place is believed by a new process only."""
    bundle, place = tmp_path / "bundle.pem", authority.signed(tmp_path / "server.pem")
    authority.bundle(bundle)
    with playing_over_tls(ONCE, place) as provider:
        assert fetch(provider, VERIFY_SSL=str(bundle)) == {}
        bundle.unlink()
        assert fetch(provider, VERIFY_SSL=str(bundle)) == {}
        Authority("another").bundle(bundle)
        assert fetch(provider, VERIFY_SSL=str(bundle)) == {}
        assert provider.handshakes == 3
        transport._ssl_context.cache_clear()
        assert refusal(provider, VERIFY_SSL=str(bundle)) == "tls_error"


def test_a_bundle_that_is_not_there_is_looked_for_again(authority: Authority, tmp_path: Path) -> None:
    """A failure is no bundle: as soon as the file is there, calls work."""
    bundle = tmp_path / "bundle.pem"
    with playing_over_tls(KEPT, authority.signed(tmp_path / "server.pem")) as provider:
        assert refusal(provider, VERIFY_SSL=str(bundle)) == "connection_failed"
        authority.bundle(bundle)
        assert fetch(provider, VERIFY_SSL=str(bundle)) == {}


def test_one_connection_and_one_handshake_serve_many_calls(authority: Authority, tmp_path: Path) -> None:
    """Kept alive over TLS as without."""
    bundle = authority.bundle(tmp_path / "bundle.pem")
    with playing_over_tls(KEPT, authority.signed(tmp_path / "server.pem")) as provider:
        for _ in range(5):
            assert fetch(provider, VERIFY_SSL=bundle) == {}
        assert (provider.connections, provider.handshakes, len(provider.requests)) == (1, 1, 5)


@pytest.mark.threat(29)
@pytest.mark.parametrize("wrong", ["authority", "name", "expired", "not yet", "the world's bundle"])
def test_who_cannot_show_who_they_are_is_sent_nothing(authority: Authority, tmp_path: Path, wrong: str) -> None:
    """Another authority, another name, another time; also after a call that went well."""
    bundle = authority.bundle(tmp_path / "bundle.pem")
    unfit: dict[str, dict[str, Any]] = {
        "name": {"names": ELSEWHERE},
        "expired": {"begins": timedelta(days=-2), "ends": timedelta(hours=-1)},
        "not yet": {"begins": timedelta(hours=1)},
    }
    signs = Authority() if wrong == "authority" else authority
    place = signs.signed(tmp_path / "server.pem", **unfit.get(wrong, {}))
    good = authority.signed(tmp_path / "good.pem")
    with playing_over_tls(ONCE, good) as provider:
        assert fetch(provider, VERIFY_SSL=bundle) == {}
    with playing_over_tls(KEPT, place) as provider:
        believed: dict[str, Any] = {} if wrong == "the world's bundle" else {"VERIFY_SSL": bundle}
        for _ in range(2):
            assert refusal(provider, **believed) == "tls_error"
        assert provider.requests == []


@UNVERIFIED
@pytest.mark.threat(29)
def test_a_connection_is_for_those_who_believe_it(authority: Authority, tmp_path: Path) -> None:
    """One that was opened unverified, or with another bundle, is not used by a call that would refuse it."""
    bundle = authority.bundle(tmp_path / "bundle.pem")
    other = Authority("another").bundle(tmp_path / "other.pem")
    with playing_over_tls(KEPT, authority.signed(tmp_path / "server.pem")) as provider:
        assert fetch(provider, VERIFY_SSL=False) == {}
        assert fetch(provider, VERIFY_SSL=bundle) == {}
        for _ in range(2):
            assert refusal(provider, VERIFY_SSL=other) == "tls_error"
            assert refusal(provider) == "tls_error"
        assert fetch(provider, VERIFY_SSL=bundle) == {}
        assert len(provider.requests) == 3


@UNVERIFIED
def test_unverified_stays_unverified(tmp_path: Path) -> None:
    """What an operator has switched off is off, whatever is shown."""
    expired = Authority().signed(tmp_path / "server.pem", names=ELSEWHERE, ends=timedelta(minutes=-1))
    with playing_over_tls(KEPT, expired) as provider:
        assert fetch(provider, VERIFY_SSL=False) == {}


def test_a_directory_of_certificates(authority: Authority, tmp_path: Path) -> None:
    """As OpenSSL has them, by the hash of the name; who is not in it is refused."""
    folder = authority.directory(tmp_path / "certificates")
    with playing_over_tls(ONCE, authority.signed(tmp_path / "server.pem")) as provider:
        for _ in range(2):
            assert fetch(provider, VERIFY_SSL=folder) == {}
    with playing_over_tls(KEPT, Authority("another").signed(tmp_path / "theirs.pem")) as provider:
        assert refusal(provider, VERIFY_SSL=folder) == "tls_error"


def test_many_at_once_share_the_context(authority: Authority, tmp_path: Path) -> None:
    """The first calls of a process, from many threads: all are answered, and the bundle may go."""
    bundle = tmp_path / "bundle.pem"
    authority.bundle(bundle)
    told: list[Any] = []
    with playing_over_tls(KEPT, authority.signed(tmp_path / "server.pem")) as provider:
        given = {SETTING + "VERIFY_SSL": str(bundle)}
        with override_settings(SANDBOX=True, PROVIDER_HOSTS={"https://api.github.com": provider.url}, **given):

            def call() -> None:
                backend: Any = backends.backend_class(GitHub)(StatelessStrategy())
                told.append(backend.request(API).json())

            threads = [threading.Thread(target=call) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    assert told == [{}] * 8


def tunnelling(connection: socket.socket, request: bytes) -> bool:
    """Simulate an outgoing proxy: a tunnel for CONNECT, an answer of its own for anything else."""
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
def test_the_operators_proxy_is_used(authority: Authority, tmp_path: Path) -> None:
    """SOCIAL_AUTH_PROXIES: a tunnel to the provider, whose certificate is looked at as ever; kept for the next call."""
    bundle = authority.bundle(tmp_path / "bundle.pem")
    other = Authority("another").bundle(tmp_path / "other.pem")
    with playing(tunnelling) as proxy, playing_over_tls(KEPT, authority.signed(tmp_path / "server.pem")) as provider:
        given: dict[str, Any] = {"PROXIES": {"https": proxy.url}}
        for _ in range(3):
            assert fetch(provider, VERIFY_SSL=bundle, **given) == {}
        host = provider.url.removeprefix("https://").encode()
        assert proxy.requests[0].startswith(b"CONNECT " + host)
        assert (proxy.connections, provider.connections, len(provider.requests)) == (1, 1, 3)
        assert refusal(provider, VERIFY_SSL=other, **given) == "tls_error"
        assert len(provider.requests) == 3
        # Nothing of the call itself goes to the proxy in clear.
        assert not any(b"/user" in request for request in proxy.requests)


def test_a_proxy_is_for_calls_in_clear_as_well() -> None:
    """As a sandbox's are: the proxy gets the whole address."""
    with playing(answer("200 OK", b'{"by": "proxy"}')) as proxy, playing(KEPT) as provider:
        assert fetch(provider, PROXIES={"http": proxy.url}) == {"by": "proxy"}
        assert proxy.requests[0].startswith(f"GET {provider.url}/user ".encode())
        assert provider.connections == 0
        assert fetch(provider) == {}


def test_a_proxy_that_is_away_is_a_failure(authority: Authority, tmp_path: Path) -> None:
    """Never a direct call instead."""
    bundle = authority.bundle(tmp_path / "bundle.pem")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        away = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with playing_over_tls(KEPT, authority.signed(tmp_path / "server.pem")) as provider:
        assert refusal(provider, VERIFY_SSL=bundle, PROXIES={"https": away}) == "connection_failed"
        assert provider.connections == 0
