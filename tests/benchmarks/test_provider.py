"""The stand-in for the provider: its responses, its counts, its latency and its outages."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from benchmarks.provider import APP_ID, running_provider


@pytest.fixture(scope="module")
def running():
    with running_provider() as provider:
        yield provider


@pytest.fixture
def provider(running):
    running.reset()
    return running


@pytest.mark.parametrize("path", ["/me", "/v19.0/me", "/v2.8/me/"])
def test_the_profile_is_that_of_the_token(provider, path):
    """`token-7` belongs to user 7, in any version of the API."""
    response = requests.get(f"{provider.http}{path}", params={"access_token": "token-7"}, timeout=10)

    assert response.status_code == 200
    assert response.json()["id"] == "7"
    assert set(response.json()) == {"id", "name", "first_name", "last_name", "email"}


def test_an_invalid_token_is_rejected(provider):
    response = requests.get(f"{provider.http}/me", params={"access_token": "another"}, timeout=10)

    assert (response.status_code, response.json()["error"]["code"]) == (400, 190)


def test_debug_token_names_the_user_and_the_application(provider):
    """The application calls it with a token of its own."""
    own = requests.get(f"{provider.http}/oauth/access_token", timeout=10).json()["access_token"]
    query = {"input_token": "token-7", "access_token": own}
    data = requests.get(f"{provider.http}/debug_token", params=query, timeout=10).json()["data"]

    assert (data["app_id"], data["user_id"], data["is_valid"], data["type"]) == (APP_ID, "7", True, "USER")


@pytest.mark.parametrize(("scheme", "handshakes"), [("http", 0), ("tls", 1)])
def test_a_kept_connection_counts_once(provider, scheme, handshakes):
    with _session(provider) as session:
        for _ in range(3):
            session.get(f"{provider.origin(scheme)}/me?access_token=token-1", timeout=10)

    assert provider.counts() == {"calls": 3, "connections": 1, "handshakes": handshakes}


def test_each_new_connection_counts(provider):
    for _ in range(3):
        with _session(provider) as session:
            session.get(f"{provider.tls}/me?access_token=token-1", timeout=10)

    assert provider.counts() == {"calls": 3, "connections": 3, "handshakes": 3}


def test_control_requests_do_not_count(provider):
    """Nor do their connections."""
    for _ in range(2):
        with _session(provider) as session:
            counts = session.get(f"{provider.tls}/-/counts", timeout=10).json()

            assert counts == {"calls": 0, "connections": 0, "handshakes": 0}


def test_latency_delays_each_response(provider):
    """Concurrent calls do not wait for each other; afterwards there is no delay."""

    def call(_: int) -> float:
        began = time.perf_counter()
        requests.get(f"{provider.http}/me?access_token=token-1", timeout=10)
        return time.perf_counter() - began

    with provider.latency(500), ThreadPoolExecutor(5) as pool:
        began = time.perf_counter()
        durations = list(pool.map(call, range(5)))
        together = time.perf_counter() - began

    assert min(durations) >= 0.5
    assert together < 5 * 0.5
    assert call(0) < 0.5


def test_calls_during_an_outage_are_answered_after_it(provider):
    """They count when they come in."""
    provider.hang(on=True)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(requests.get, f"{provider.http}/me?access_token=token-1", timeout=30)
        while provider.counts()["calls"] == 0:
            time.sleep(0.01)
        assert not call.done()
        provider.hang(on=False)

        assert call.result().status_code == 200


def _session(provider) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.verify = provider.bundle
    return session
