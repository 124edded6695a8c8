"""The admin over HTTP: it exists only with `ADMIN`, and attempts to sign in have budgets of their own."""

import os
import secrets
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.e2e.servers import Service, running_service
from tests.e2e.staff import NAME, WITHIN, attempt, create_superuser

pytestmark = [pytest.mark.e2e, pytest.mark.threat(40)]

AT_ONCE = 20


@pytest.fixture(scope="module")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a database."""
    return f"sqlite:///{tmp_path_factory.mktemp('attempts')}/db.sqlite3"


@pytest.fixture(scope="module")
def service(database_url: str) -> Iterator[Service]:
    """The service without limits of the APIs, behind a proxy, with a superuser."""
    with running_service(
        None, database_url=database_url, ADMIN="1", TRUSTED_PROXIES="1", THROTTLE_ANONYMOUS="off", THROTTLE_USER="off"
    ) as service:
        create_superuser(database_url)
        yield service


def test_a_password_is_guessed(service: Service) -> None:
    """Five wrong passwords from as many addresses, then even the right one is 429; another name is not affected."""
    for number in range(5):
        wrong = attempt(service, f"wrong-{number}", address=f"198.51.100.{number}")
        assert (wrong.status_code, "Please enter the correct" in wrong.text) == (200, True)
    refused = attempt(service, "correct-horse-battery", address="198.51.100.9")
    assert (refused.status_code, refused.headers["Content-Type"]) == (429, "text/plain; charset=utf-8")
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    assert "sessionid" not in refused.headers.get("Set-Cookie", "")
    assert refused.headers["Cache-Control"] == "no-store"
    assert attempt(service, "wrong", name="somebody").status_code == 200


def test_guesses_at_once_are_counted_before_they_are_checked(service: Service) -> None:
    """A count of failures, which are known a second later, would let all of them through."""
    with ThreadPoolExecutor(AT_ONCE) as callers:
        answers = callers.map(
            lambda number: attempt(service, f"wrong-{number}", name="bishop", address="198.51.100.77"), range(AT_ONCE)
        )
        assert Counter(answer.status_code for answer in answers) == {200: 5, 429: AT_ONCE - 5}


@pytest.mark.redis
def test_workers_share_the_budgets(database_url: str) -> None:
    """Whichever of them answers, and whichever address asks."""
    redis = os.environ.get("TEST_REDIS_URL")
    if not redis:
        pytest.skip("needs Redis: TEST_REDIS_URL is not set")
    # Others may use the same Redis, whose counts outlive this test by a minute.
    name, network = f"nobody-{secrets.token_hex(8)}", f"2001:db8:{secrets.token_hex(2)}"
    environment = {"ADMIN": "1", "TRUSTED_PROXIES": "1", "WEB_CONCURRENCY": "2", "REDIS_URL": redis}
    with running_service(None, database_url=database_url, **environment) as service, ThreadPoolExecutor(4) as callers:
        answers = callers.map(
            lambda number: attempt(service, "wrong", name=name, address=f"{network}:{number}::1"), range(AT_ONCE)
        )
        assert Counter(answer.status_code for answer in answers) == {200: 5, 429: AT_ONCE - 5}


@pytest.mark.parametrize("path", ["", "login/", "migration/", "auth/user/", "jsi18n/", "logout/"])
def test_it_is_off_by_default(path: str, running: Service) -> None:
    """Every path is a 404 that sets no cookie and reads none."""
    answer = requests.get(f"{running.url}/admin/{path}", cookies={"sessionid": "a" * 32}, timeout=WITHIN)
    assert answer.status_code == 404
    assert not {"Set-Cookie", "Vary"} & set(answer.headers)
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert requests.post(f"{running.url}/admin/login/", {"username": NAME}, timeout=WITHIN).status_code == 404


@pytest.fixture(scope="module")
def running() -> Iterator[Service]:
    """The service as it is without settings of the admin."""
    with running_service(None) as service:
        yield service
