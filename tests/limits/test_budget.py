"""What counts, for whom, and until when."""

import json
import time
from typing import Any

import pytest
from django.test import Client, override_settings

from tests.contract.answers import assert_error
from tests.contract.users import PROFILES, person
from tests.limits.conftest import Callers
from tests.providers import Providers, json_answer

THREE = override_settings(THROTTLE_ANONYMOUS="3/minute", THROTTLE_USER="3/minute")


@pytest.mark.threat(27)
@THREE
def test_all_versions_share_one_budget(callers: Callers) -> None:
    """Alternating between them does not help."""
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
def test_failures_count(callers: Callers, call: dict[str, Any]) -> None:
    """Sign-ups however malformed, and refused credentials on whatever path."""
    for _ in range(3):
        assert callers.call(**call).status_code != 429
    assert callers.call(**call).status_code == 429
    assert callers.statuses(1) == [429], "it is one budget"


@THREE
def test_what_does_not_count(callers: Callers) -> None:
    """Providers, the root, OPTIONS, health, and calls that were not made with credentials where they need some."""
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
def test_a_spent_budget_closes_nothing_else(callers: Callers) -> None:
    """Whoever has spent it still reads what is public and uses a good credential."""
    ripley = person()
    assert callers.statuses(4)[-1] == 429
    for _ in callers.apis:
        assert callers.call("GET", "provider/").status_code == 200
        assert callers.call("GET", "user/").status_code == 401
    assert callers.call("GET", "user/", token=ripley.token).status_code == 200


@pytest.mark.threat(27)
@THREE
def test_the_provider_is_not_called_over_the_budget(callers: Callers, providers: Providers) -> None:
    """Not once; and what it did to the earlier calls does not matter."""
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
    """From whatever address, with whichever of one's tokens; and for nobody else at that address."""
    ripley, dallas = person("ripley"), person("dallas")
    for number in range(3):
        assert callers.call("GET", "user/", f"203.0.113.{number}", token=ripley.token).status_code == 200
    response = callers.call("GET", "token/", "198.51.100.1", token=ripley.token)
    assert_error(response, "throttled")
    assert callers.call("GET", "user/", "198.51.100.1", token=dallas.token).status_code == 200
    assert callers.statuses(3, address="203.0.113.1") == [400] * 3, "the address has spent nothing"


@THREE
def test_linking_counts_for_the_user(callers: Callers) -> None:
    """A sign-up with credentials is no anonymous one."""
    ripley = person()
    assert callers.statuses(3, token=ripley.token) == [400, 400, 400]
    assert callers.statuses(1, token=ripley.token) == [429]
    assert callers.statuses(3) == [400, 400, 400]


def test_the_two_limits_are_apart(callers: Callers) -> None:
    """One for addresses, one for users."""
    ripley = person()
    with override_settings(THROTTLE_ANONYMOUS="1/minute", THROTTLE_USER="2/minute"):
        assert callers.statuses(2) == [400, 429]
        calls = [callers.call("GET", "user/", token=ripley.token).status_code for _ in range(3)]
    assert calls == [200, 200, 429]


def test_a_limit_can_be_off(callers: Callers) -> None:
    """Each by itself; `off` is None once it is read."""
    ripley = person()
    with override_settings(THROTTLE_ANONYMOUS=None, THROTTLE_USER="1/minute"):
        assert callers.statuses(8) == [400] * 8
        assert [callers.call("GET", "user/", token=ripley.token).status_code for _ in range(2)] == [200, 429]
    with override_settings(THROTTLE_ANONYMOUS="1/minute", THROTTLE_USER=None):
        assert [callers.call("GET", "user/", token=ripley.token).status_code for _ in range(8)] == [200] * 8


class Clock:
    """The time, moved on by a test."""

    def __init__(self) -> None:
        self._real = time.time
        self.ahead = 0.0

    def __call__(self) -> float:
        return self._real() + self.ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that can be put forward."""
    clock = Clock()
    monkeypatch.setattr("time.time", clock)
    return clock


@override_settings(THROTTLE_ANONYMOUS="2/hour")
def test_the_window_slides(callers: Callers, clock: Clock) -> None:
    """Each call is forgotten an hour after it was made, not at the full hour, and not all at once."""
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
def test_retry_after_is_kept(callers: Callers, clock: Clock, passed: float) -> None:
    """Whole seconds, at least one; whoever waits for them is let in, and nobody waits a second more than needed."""
    assert callers.statuses(1) == [400]
    clock.ahead = passed
    response = callers.sign_up()
    said = response.headers["Retry-After"]
    assert said.isdecimal()
    assert 1 <= int(said) <= 3600 - passed + 1
    clock.ahead = passed + int(said)
    assert callers.statuses(1) == [400]


@THREE
def test_refused_calls_do_not_lengthen_the_wait(callers: Callers, clock: Clock) -> None:
    """A client that goes on knocking is let in when the window has passed all the same."""
    assert callers.statuses(3) == [400] * 3
    for ahead in (10, 30, 50):
        clock.ahead = ahead
        assert callers.statuses(2) == [429, 429]
    clock.ahead = 61
    assert callers.statuses(3) == [400] * 3
