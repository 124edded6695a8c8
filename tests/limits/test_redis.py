"""One budget for all processes where there is Redis; without it each counts by itself, and says so."""

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
from tests.limits.redis_line import RedisLine, talking

NEEDS_REDIS = "needs Redis: TEST_REDIS_URL is not set"
THREE = override_settings(THROTTLE_ANONYMOUS="3/minute", THROTTLE_USER="3/minute")


@pytest.fixture
def redis_url() -> str:
    """Where the tests' Redis is."""
    url = os.environ.get("TEST_REDIS_URL")
    if not url:
        pytest.skip(NEEDS_REDIS)
    return url


@pytest.fixture
def address() -> str:
    """An address that no other test has called from: the tests' Redis may be everybody's."""
    return "2001:db8:" + ":".join(secrets.token_hex(2) for _ in range(2)) + "::1"


@pytest.fixture
def line(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisLine]:
    """A line to Redis, whole at first; whoever calls has the time that a busy machine takes."""
    monkeypatch.setattr(limits, "REDIS_TIMEOUT", long_redis_timeout.SECONDS)
    line = RedisLine(redis_url)
    line.mend()
    with override_settings(REDIS_URL=line.url):
        yield line
    line.cut()


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "tandem.limits"]


@pytest.mark.threat(27)
@pytest.mark.e2e
@pytest.mark.redis
def test_processes_share_one_budget(redis_url: str, address: str, tmp_path: Path) -> None:
    """Two servers, as on two machines: what one has counted the other knows, whichever API was called."""
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
def test_redis_counts_for_everyone(callers: Callers, line: RedisLine, address: str) -> None:
    """What this process forgets Redis remembers."""
    assert callers.statuses(2, address=address) == [400, 400]
    limits._local.cache_clear()
    limits._shared.cache_clear()
    assert callers.statuses(2, address=address) == [400, 429]


@pytest.mark.threat(28)
@THREE
@pytest.mark.redis
def test_redis_goes_and_comes_back(
    callers: Callers, line: RedisLine, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Meanwhile this process counts, and says so once; afterwards Redis does again, without a restart."""
    assert callers.statuses(1, address=address) == [400]
    line.cut()
    with caplog.at_level(logging.WARNING, "tandem.limits"):
        assert callers.statuses(4, address=address) == [400, 400, 400, 429]
    assert complaints(caplog) == ["Redis does not answer (ConnectionError): this process counts by itself."]
    line.mend()
    assert callers.statuses(3, address=address) == [400, 400, 429]


@pytest.mark.threat(28)
@THREE
def test_no_redis_at_all_is_no_failure(callers: Callers, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing listens there: the limits hold within the process, and one line says why."""
    ripley = person()
    with (
        override_settings(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0"),
        caplog.at_level(logging.WARNING, "tandem.limits"),
    ):
        assert callers.statuses(4) == [400, 400, 400, 429]
        calls = [callers.call("GET", "user/", token=ripley.token).status_code for _ in range(4)]
    assert calls == [200, 200, 200, 429]
    assert len(complaints(caplog)) == 1


@pytest.mark.threat(28)
@THREE
def test_a_silent_redis_is_not_waited_for(callers: Callers, caplog: pytest.LogCaptureFixture) -> None:
    """It takes the connection and says nothing: the call goes on after a moment."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        with override_settings(REDIS_URL=url), caplog.at_level(logging.WARNING, "tandem.limits"):
            assert callers.statuses(4) == [400, 400, 400, 429]
    assert complaints(caplog) == ["Redis does not answer (TimeoutError): this process counts by itself."]


@pytest.mark.threat(28)
@THREE
def test_nonsense_from_redis_is_no_failure(callers: Callers, caplog: pytest.LogCaptureFixture) -> None:
    """Something else listens there: that is Redis away too."""
    with (
        talking(b"HTTP/1.1 400 Bad Request\r\n\r\n") as url,
        override_settings(REDIS_URL=url),
        caplog.at_level(logging.WARNING, "tandem.limits"),
    ):
        assert callers.statuses(4) == [400, 400, 400, 429]
    assert len(complaints(caplog)) == 1
