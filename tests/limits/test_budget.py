"""The calls that count against a rate limit, for whom, and for how long."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.test import Client, override_settings
from limits.storage import MemoryStorage

from social import limits
from tests.contract.answers import assert_error
from tests.contract.users import PROFILES, person
from tests.limits.conftest import Callers
from tests.providers import Providers, json_answer

THREE = override_settings(THROTTLE_ANONYMOUS="3/minute", THROTTLE_USER="3/minute")


@pytest.mark.threat(27)
@THREE
def test_all_versions_share_one_limit(callers: Callers) -> None:
    """Alternating between the versions does not raise the limit."""
    assert callers.statuses(6) == [400, 400, 400, 429, 429, 429]
    for api in callers.apis:
        response = api.call("POST", "social_sign_up/", data=b"{}", REMOTE_ADDR="203.0.113.7")
        assert_error(response, "throttled")


@pytest.mark.threat(27)
@THREE
@pytest.mark.parametrize(
    "call",
    [
        {"method": "POST", "path": "social_sign_up/", "data": b"{", "content_type": "application/json"},
        {"method": "POST", "path": "social_sign_up/", "data": b"x", "content_type": "text/plain"},
        {"method": "POST", "path": "social_sign_up/", "data": b" " * 70_000, "content_type": "application/json"},
        {"method": "POST", "path": "social_sign_up/", "data": b'{"provider":"nobody"}'},
        {"method": "GET", "path": "user/", "headers": {"Authorization": "Bearer nonsense"}},
        {"method": "GET", "path": "provider/", "headers": {"Authorization": ""}},
        {"method": "HEAD", "path": "", "headers": {"Authorization": "Basic dTpw"}},
        {"method": "DELETE", "path": "token/current/", "headers": {"Authorization": "ApiKey ripley:x"}},
        {"method": "POST", "path": "social_sign_up/", "data": b"{}", "headers": {"Authorization": "Token x"}},
    ],
    ids=["malformed", "media type", "too large", "unknown provider", "bad token", "empty", "scheme", "name", "both"],
)
def test_failed_sign_ups_and_refused_credentials_count(callers: Callers, call: dict[str, Any]) -> None:
    """Malformed sign-ups count, and so do refused credentials on any path."""
    for _ in range(3):
        assert callers.call(**call).status_code != 429
    assert callers.call(**call).status_code == 429
    assert callers.statuses(1) == [429], "the limit is shared"


@THREE
def test_other_anonymous_calls_do_not_count(callers: Callers) -> None:
    """Public reads, OPTIONS, health, unknown paths and calls without credentials do not count."""
    for _ in range(5):
        assert callers.call("GET", "provider/").status_code == 200
        assert callers.call("GET", "").status_code == 200
        assert callers.call("HEAD", "provider/").status_code == 200
        assert callers.call("OPTIONS", "social_sign_up/", headers={"Authorization": "nonsense"}).status_code == 204
        assert callers.call("PUT", "social_sign_up/").status_code == 405
        assert callers.call("GET", "nowhere/", headers={"Authorization": "nonsense"}).status_code == 404
        assert callers.call("GET", "user/").status_code == 401
        assert Client(REMOTE_ADDR="203.0.113.7").get("/livez").status_code == 200
    assert callers.statuses(4) == [400, 400, 400, 429]


@THREE
def test_an_exceeded_limit_does_not_affect_other_calls(callers: Callers) -> None:
    """Above the limit, public reads and valid credentials still work."""
    ripley = person()
    assert callers.statuses(4)[-1] == 429
    for _ in callers.apis:
        assert callers.call("GET", "provider/").status_code == 200
        assert callers.call("GET", "user/").status_code == 401
    assert callers.call("GET", "user/", token=ripley.token).status_code == 200


@pytest.mark.threat(27)
@THREE
def test_the_provider_is_not_called_above_the_limit(callers: Callers, providers: Providers) -> None:
    """Above the limit no provider is called, whatever the results of the earlier calls."""
    known = json.dumps(providers.knows("facebook", "good", **PROFILES["facebook"])).encode()
    unknown = json.dumps({"provider": "facebook", "access_token": "bad"}).encode()
    assert callers.sign_up(body=known).status_code == 201
    assert callers.sign_up(body=unknown).status_code == 400
    providers.answers("facebook", json_answer(500, {}))
    assert callers.sign_up(body=known).status_code == 503
    called = len(providers.calls)
    assert called == 3
    assert [callers.sign_up(body=known).status_code for _ in range(4)] == [429] * 4
    assert len(providers.calls) == called


@THREE
def test_authenticated_calls_count_for_the_user(callers: Callers) -> None:
    """Calls count for the user with any address and any of their tokens, and for no other user at that address."""
    ripley, dallas = person("ripley"), person("dallas")
    for number in range(3):
        assert callers.call("GET", "user/", f"203.0.113.{number}", token=ripley.token).status_code == 200
    response = callers.call("GET", "token/", "198.51.100.1", token=ripley.token)
    assert_error(response, "throttled")
    assert callers.call("GET", "user/", "198.51.100.1", token=dallas.token).status_code == 200
    assert callers.statuses(3, address="203.0.113.1") == [400] * 3, "the address has spent nothing"


@THREE
def test_linking_counts_for_the_user(callers: Callers) -> None:
    """A sign-up with credentials counts for the user, not for the address."""
    ripley = person()
    assert callers.statuses(3, token=ripley.token) == [400, 400, 400]
    assert callers.statuses(1, token=ripley.token) == [429]
    assert callers.statuses(3) == [400, 400, 400]


def test_the_limits_of_addresses_and_users_are_independent(callers: Callers) -> None:
    """Addresses and users have limits of their own."""
    ripley = person()
    with override_settings(THROTTLE_ANONYMOUS="1/minute", THROTTLE_USER="2/minute"):
        assert callers.statuses(2) == [400, 429]
        calls = [callers.call("GET", "user/", token=ripley.token).status_code for _ in range(3)]
    assert calls == [200, 200, 429]


def test_each_limit_can_be_switched_off(callers: Callers) -> None:
    """Each limit can be switched off by itself; `off` is read as None."""
    ripley = person()
    with override_settings(THROTTLE_ANONYMOUS=None, THROTTLE_USER="1/minute"):
        assert callers.statuses(8) == [400] * 8
        assert [callers.call("GET", "user/", token=ripley.token).status_code for _ in range(2)] == [200, 429]
    with override_settings(THROTTLE_ANONYMOUS="1/minute", THROTTLE_USER=None):
        assert [callers.call("GET", "user/", token=ripley.token).status_code for _ in range(8)] == [200] * 8


class Clock:
    """A clock that a test can move forward."""

    def __init__(self) -> None:
        self._real = time.time
        self.ahead = 0.0

    def __call__(self) -> float:
        return self._real() + self.ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return a clock that replaces `time.time`."""
    clock = Clock()
    monkeypatch.setattr("time.time", clock)
    return clock


@override_settings(THROTTLE_ANONYMOUS="2/hour")
def test_the_window_slides(callers: Callers, clock: Clock) -> None:
    """Each call counts for exactly one hour, not until the full hour."""
    assert callers.statuses(1) == [400]
    clock.ahead = 1800
    assert callers.statuses(2) == [400, 429]
    clock.ahead = 3500
    assert callers.statuses(1) == [429]
    clock.ahead = 3700
    assert callers.statuses(2) == [400, 429]
    clock.ahead = 1800 + 3700
    assert callers.statuses(2) == [400, 429]


@override_settings(THROTTLE_ANONYMOUS="1/hour")
@pytest.mark.parametrize("passed", [0, 1000, 3000, 3598, 3599.5])
def test_a_call_after_retry_after_is_accepted(callers: Callers, clock: Clock, passed: float) -> None:
    """Retry-After has whole seconds, at least one and at most one too many, and a call after it is accepted."""
    assert callers.statuses(1) == [400]
    clock.ahead = passed
    response = callers.sign_up()
    retry_after = response.headers["Retry-After"]
    assert retry_after.isdecimal()
    assert 1 <= int(retry_after) <= 3600 - passed + 1
    clock.ahead = passed + int(retry_after)
    assert callers.statuses(1) == [400]


@THREE
def test_refused_calls_do_not_lengthen_the_wait(callers: Callers, clock: Clock) -> None:
    """A client that keeps calling is accepted once the window has passed."""
    assert callers.statuses(3) == [400] * 3
    for ahead in (10, 30, 50):
        clock.ahead = ahead
        assert callers.statuses(2) == [429, 429]
    clock.ahead = 61
    assert callers.statuses(3) == [400] * 3


@pytest.mark.threat(28)
def test_simultaneous_calls_are_counted_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is counted, also at the moment at which the storage starts another timer for its expired entries."""

    def slowly(storage: MemoryStorage) -> threading.Timer:
        time.sleep(0.02)  # meanwhile another thread may set another one
        timer: threading.Timer = vars(storage)["slow_timer"]
        return timer

    def keep(storage: MemoryStorage, timer: threading.Timer) -> None:
        vars(storage)["slow_timer"] = timer

    monkeypatch.setattr(MemoryStorage, "timer", property(slowly, keep), raising=False)
    limits._local.cache_clear()
    limits._local()
    try:
        with override_settings(THROTTLE_ANONYMOUS="99/minute", REDIS_URL=""), ThreadPoolExecutor(8) as callers:
            assert list(callers.map(limits.count_address, ["192.0.2.1"] * 8)) == [None] * 8
    finally:
        limits._local.cache_clear()
