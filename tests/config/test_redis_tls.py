"""`REDIS_URL` says how the server of the limits is verified, as docs/operators.md shows."""

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from benchmarks.certificates import Authority
from config.health import redis_answers
from social import limits
from tests.e2e.servers import free_port
from tests.e2e.temporary_servers import TemporaryRedis

pytestmark = pytest.mark.process


@pytest.fixture
def authority() -> Authority:
    """The authority of the server's certificate."""
    return Authority()


@pytest.fixture
def server(tmp_path: Path, authority: Authority) -> Iterator[str]:
    """Run a Redis that speaks TLS only, and yield its URL without options."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("needs redis-server")
    port, certificate = free_port(), str(authority.signed(tmp_path / "server.pem"))
    command = [program, "--port", "0", "--tls-port", str(port), "--bind", "127.0.0.1", "--save", ""]
    command += ["--tls-cert-file", certificate, "--tls-key-file", certificate]
    command += ["--tls-ca-cert-file", authority.bundle(tmp_path / "authority.pem"), "--tls-auth-clients", "no"]
    redis = TemporaryRedis(command, tmp_path, port, signal.SIGTERM)
    try:
        redis.start()
        yield f"rediss://localhost:{port}/0"
    finally:
        redis.stop(signal.SIGKILL)


def test_the_certificate_is_verified(
    server: str, tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Limits and `/readyz` use a server whose certificate the bundle vouches for, and no other."""
    monkeypatch.setattr(limits, "REDIS_TIMEOUT", 30)
    item = limits._item("5/hour")
    trusted = f"{server}?ssl_ca_certs={authority.bundle(tmp_path / 'authority.pem')}"
    assert limits._shared(trusted).hit(item, "address", "192.0.2.1")
    assert redis_answers(trusted)
    for url in (f"{server}?ssl_ca_certs={Authority().bundle(tmp_path / 'other.pem')}", server):
        with pytest.raises(RedisConnectionError, match="CERTIFICATE_VERIFY_FAILED"):
            limits._shared(url).hit(item, "address", "192.0.2.1")
        assert not redis_answers(url)
