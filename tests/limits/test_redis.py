"""With Redis all processes share one limit; without it each process counts on its own and logs it."""

import logging
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from django.conf import settings
from django.test import override_settings

from social import limits
from tests.contract.users import person
from tests.e2e.servers import free_port, running_service
from tests.limits import long_redis_timeout
from tests.limits.conftest import Callers
from tests.limits.redis_proxy import RedisProxy, constant_server

NEEDS_REDIS = "needs Redis: TEST_REDIS_URL is not set"
THREE = override_settings(THROTTLE_ANONYMOUS="3/minute", THROTTLE_USER="3/minute")


@pytest.fixture
def redis_url() -> str:
    """Return the URL of the tests' Redis."""
    url = os.environ.get("TEST_REDIS_URL")
    if not url:
        pytest.skip(NEEDS_REDIS)
    return url


@pytest.fixture
def address() -> str:
    """Return an address that no other test has used, because other test runs may share this Redis."""
    return "2001:db8:" + ":".join(secrets.token_hex(2) for _ in range(2)) + "::1"


@pytest.fixture
def redis_proxy(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisProxy]:
    """Start a proxy in front of Redis, with a timeout that suits a busy machine."""
    monkeypatch.setattr(limits, "REDIS_TIMEOUT", long_redis_timeout.SECONDS)
    redis_proxy = RedisProxy(redis_url)
    redis_proxy.start()
    with override_settings(REDIS_URL=redis_proxy.url):
        yield redis_proxy
    redis_proxy.stop()


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "tandem.limits"]


@pytest.mark.threat(27)
@pytest.mark.e2e
@pytest.mark.redis
def test_processes_share_one_limit(redis_url: str, address: str, tmp_path: Path) -> None:
    """Two servers with one Redis count together, whichever API is called."""
    with ExitStack() as stack:
        services = [
            stack.enter_context(
                running_service(
                    None,
                    database_url=f"sqlite:///{tmp_path}/{number}.sqlite3",
                    REDIS_URL=redis_url,
                    THROTTLE_ANONYMOUS="5/hour",
                    TRUSTED_PROXIES="1",
                    DJANGO_SETTINGS_MODULE=long_redis_timeout.__name__,
                )
            )
            for number in range(2)
        ]
        urls = [f"{service.url}/{prefix}social_sign_up/" for prefix in settings.APIS.values() for service in services]
        headers = {"X-Forwarded-For": address}
        statuses = [requests.post(urls[n % len(urls)], b"{", headers=headers, timeout=30).status_code for n in range(9)]
        assert statuses == [400] * 5 + [429] * 4


@pytest.mark.threat(27)
@THREE
@pytest.mark.redis
def test_redis_keeps_the_counts(callers: Callers, redis_proxy: RedisProxy, address: str) -> None:
    """The counts stay in Redis when a process loses its own."""
    assert callers.statuses(2, address=address) == [400, 400]
    limits._local.cache_clear()
    limits._shared.cache_clear()
    assert callers.statuses(2, address=address) == [400, 429]


@pytest.mark.threat(28)
@THREE
@pytest.mark.redis
def test_an_outage_of_redis_ends_without_a_restart(
    callers: Callers, redis_proxy: RedisProxy, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    """During an outage the process counts on its own and logs it once; afterwards Redis counts again."""
    assert callers.statuses(1, address=address) == [400]
    redis_proxy.stop()
    with caplog.at_level(logging.WARNING, "tandem.limits"):
        assert callers.statuses(4, address=address) == [400, 400, 400, 429]
    assert warnings_of(caplog) == ["Redis does not answer (ConnectionError): this process counts by itself."]
    redis_proxy.start()
    assert callers.statuses(3, address=address) == [400, 400, 429]


@pytest.mark.threat(28)
@THREE
def test_the_limits_hold_without_redis(callers: Callers, caplog: pytest.LogCaptureFixture) -> None:
    """If nothing listens, the limits hold within the process, and one log line says why."""
    ripley = person()
    with (
        override_settings(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0"),
        caplog.at_level(logging.WARNING, "tandem.limits"),
    ):
        assert callers.statuses(4) == [400, 400, 400, 429]
        calls = [callers.call("GET", "user/", token=ripley.token).status_code for _ in range(4)]
    assert calls == [200, 200, 200, 429]
    assert len(warnings_of(caplog)) == 1


@pytest.mark.threat(28)
@THREE
def test_a_silent_redis_does_not_block_a_call(callers: Callers, caplog: pytest.LogCaptureFixture) -> None:
    """If Redis accepts the connection and does not answer, the call continues after the timeout."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        with override_settings(REDIS_URL=url), caplog.at_level(logging.WARNING, "tandem.limits"):
            assert callers.statuses(4) == [400, 400, 400, 429]
    assert warnings_of(caplog) == ["Redis does not answer (TimeoutError): this process counts by itself."]


@pytest.mark.threat(28)
@THREE
def test_a_malformed_answer_of_redis_counts_as_an_outage(callers: Callers, caplog: pytest.LogCaptureFixture) -> None:
    """Another server at the address counts as an outage of Redis."""
    with (
        constant_server(b"HTTP/1.1 400 Bad Request\r\n\r\n") as url,
        override_settings(REDIS_URL=url),
        caplog.at_level(logging.WARNING, "tandem.limits"),
    ):
        assert callers.statuses(4) == [400, 400, 400, 429]
    assert len(warnings_of(caplog)) == 1
