"""The provider of the benchmarks: what it answers, and that it counts what it says it counts."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from benchmarks.provider import running_provider


@pytest.fixture(scope="module")
def running():
    with running_provider("42") as provider:
        yield provider


@pytest.fixture
def provider(running):
    running.reset()
    return running


@pytest.mark.parametrize("path", ["/me", "/v19.0/me", "/v2.8/me/"])
def test_a_token_names_its_person(provider, path):
    """`token-7` is person 7's, by any version of the API."""
    answer = requests.get(f"{provider.http}{path}", params={"access_token": "token-7"}, timeout=10)

    assert answer.status_code == 200
    assert answer.json()["id"] == "7"
    assert set(answer.json()) == {"id", "name", "first_name", "last_name", "email"}


def test_another_token_is_refused(provider):
    """Whoever sends a wrong token must not be measured as if it were right."""
    answer = requests.get(f"{provider.http}/me", params={"access_token": "another"}, timeout=10)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 190)


def test_a_token_is_checked_for_its_application(provider):
    """`debug_token` says whose token it is, and that it is ours."""
    query = {"input_token": "token-7", "access_token": "42|secret"}
    told = requests.get(f"{provider.http}/debug_token", params=query, timeout=10).json()["data"]

    assert (told["app_id"], told["user_id"], told["is_valid"], told["type"]) == ("42", "7", True, "USER")


def test_a_token_is_exchanged_for_itself(provider):
    """A long-lived token names the same person."""
    query = {"grant_type": "fb_exchange_token", "fb_exchange_token": "token-7"}
    told = requests.get(f"{provider.http}/oauth/access_token", params=query, timeout=10).json()

    assert told["access_token"] == "token-7"


@pytest.mark.parametrize(("scheme", "handshakes"), [("http", 0), ("tls", 1)])
def test_a_kept_connection_counts_once(provider, scheme, handshakes):
    """Three calls over one connection are three calls and one connection."""
    with _session(provider) as session:
        for _ in range(3):
            session.get(f"{provider.origin(scheme)}/me?access_token=token-1", timeout=10)

    assert provider.counts() == {"calls": 3, "connections": 1, "handshakes": handshakes}


def test_each_new_connection_counts(provider):
    """Whoever connects anew for each call is seen to."""
    for _ in range(3):
        with _session(provider) as session:
            session.get(f"{provider.tls}/me?access_token=token-1", timeout=10)

    assert provider.counts() == {"calls": 3, "connections": 3, "handshakes": 3}


def test_reading_the_counts_is_not_counted(provider):
    """Whoever looks does not change what is seen, on a connection of its own."""
    told = None
    for _ in range(3):
        with _session(provider) as session:
            told = session.get(f"{provider.tls}/-/counts", timeout=10).json()

    assert told == {"calls": 0, "connections": 0, "handshakes": 0}


def test_it_answers_as_late_as_it_is_told(provider):
    """Latency holds for each answer, and waits for nobody else's."""
    provider.set_latency(100)
    try:
        began = time.perf_counter()
        with ThreadPoolExecutor(5) as pool:
            list(pool.map(lambda _: requests.get(f"{provider.http}/me?access_token=token-1", timeout=10), range(5)))
        took = time.perf_counter() - began
    finally:
        provider.set_latency(0)

    assert took >= 0.1


def test_who_was_left_hanging_is_answered_in_the_end(provider):
    """While it hangs it counts calls and answers none; afterwards it owes nothing."""
    provider.hang(on=True)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(requests.get, f"{provider.http}/me?access_token=token-1", timeout=30)
        while provider.counts()["calls"] == 0:
            time.sleep(0.01)
        assert not asked.done()
        provider.hang(on=False)

        assert asked.result().status_code == 200


def _session(provider) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.verify = provider.authority
    return session
