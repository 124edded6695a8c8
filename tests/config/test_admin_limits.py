"""The budgets of attempts to sign in to the admin: by user name, by address, in all."""

from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User
from django.test import Client
from limits.storage import MemoryStorage
from pytest_django import Settings

from config import environment
from social import limits
from tests.contract.conftest import HOST, ApiClient

pytestmark = [pytest.mark.django_db, pytest.mark.threat(40)]

LOGIN = "/admin/login/"
ADDRESS = "203.0.113.7"


class CountingHasher(PBKDF2PasswordHasher):
    """A hasher that counts what it hashes."""

    iterations = 1
    hashed: list[str] = []

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        """Count one."""
        self.hashed.append(password)
        return str(super().encode(password, salt, iterations))


@pytest.fixture
def hashed(settings: Settings) -> list[str]:
    """Return the passwords that were hashed; the only user is `admin`, whose password is `password`."""
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    User.objects.create_superuser("admin", password="password")
    CountingHasher.hashed.clear()
    return CountingHasher.hashed


@pytest.fixture
def browser() -> Client:
    """A browser without a session."""
    return Client(SERVER_NAME=HOST, raise_request_exception=False)


def attempt(browser: Client, password: str, *, name: str = "admin", address: str = ADDRESS) -> Any:
    """Send the login form."""
    return browser.post(LOGIN, {"username": name, "password": password}, REMOTE_ADDR=address)


def test_a_user_name_has_five_attempts_a_minute(browser: Client, hashed: list[str]) -> None:
    """From any address. The sixth, with the right password, is refused before anything is hashed."""
    for number in range(5):
        assert attempt(browser, f"wrong-{number}", address=f"203.0.113.{number}").status_code == 200
    assert hashed == [f"wrong-{number}" for number in range(5)]
    refused = attempt(browser, "password", address="203.0.113.99")
    assert (refused.status_code, refused["Content-Type"]) == (429, "text/plain; charset=utf-8")
    assert 1 <= int(refused["Retry-After"]) <= 61
    assert refused["Retry-After"] in refused.content.decode()
    assert len(hashed) == 5
    assert "sessionid" not in browser.cookies
    assert browser.get(LOGIN).status_code == 200


@pytest.mark.parametrize("variant", ["ADMIN", " admin ", "\uff41dmin", "Admin\u3000"])
def test_variants_of_a_user_name_share_its_budget(browser: Client, hashed: list[str], variant: str) -> None:
    """Those that Django takes for the same name, and those that differ in case."""
    for _ in range(5):
        assert attempt(browser, "wrong", name=variant).status_code == 200
    assert attempt(browser, "password").status_code == 429
    assert len(hashed) == 5


def test_an_unknown_user_name_is_counted_and_hashed_alike(browser: Client, hashed: list[str]) -> None:
    """Neither the limit nor the time of an answer says whether a name exists, or has a password."""
    User.objects.create_user("ripley")
    for name in ("nobody", "ripley"):
        hashed.clear()
        assert [attempt(browser, "wrong", name=name).status_code for _ in range(6)] == [200] * 5 + [429]
        assert len(hashed) == 5


def test_an_address_has_twenty_attempts_a_minute(browser: Client, hashed: list[str]) -> None:
    """Over all user names. Another address is not affected."""
    statuses = [attempt(browser, "wrong", name=f"name-{number}").status_code for number in range(21)]
    assert statuses == [200] * 20 + [429]
    assert len(hashed) == 20
    assert attempt(browser, "password", address="203.0.113.8").status_code == 302


def test_there_are_a_hundred_attempts_a_minute_in_all(browser: Client, hashed: list[str]) -> None:
    """Over all addresses and user names."""
    for number in range(100):
        assert attempt(browser, "x", name=f"name-{number}", address=f"198.51.100.{number}").status_code == 200
    assert attempt(browser, "password").status_code == 429
    assert len(hashed) == 100


def test_refused_attempts_use_up_no_further_budget(browser: Client, settings: Settings, hashed: list[str]) -> None:
    """An address over its limit cannot spend a user name's budget, nor one user name that of all."""
    settings.ADMIN_THROTTLE = ("2/minute", "3/minute", "5/minute")
    for _ in range(9):
        attempt(browser, "wrong", name="nobody")
        attempt(browser, "wrong", name="admin")
    assert len(hashed) == 3
    for number in range(9):
        attempt(browser, "wrong", name="nobody", address=f"198.51.100.{number}")
    assert len(hashed) == 3
    assert attempt(browser, "password", address="203.0.113.8").status_code == 302


@pytest.mark.threat(27)
def test_the_limits_of_the_apis_are_others(browser: Client, api: ApiClient, settings: Settings) -> None:
    """Sign-ups do not use up the budgets of the admin, nor the other way round, nor do they turn them off."""
    settings.THROTTLE_ANONYMOUS, settings.ADMIN_THROTTLE = "7/minute", ("5/minute", "7/minute", "100/minute")
    sign_ups = [api.post("social_sign_up/", b"{", REMOTE_ADDR=ADDRESS).status_code for _ in range(8)]
    assert sign_ups == [400] * 7 + [429]
    assert [attempt(browser, "wrong").status_code for _ in range(6)] == [200] * 5 + [429]
    settings.THROTTLE_ANONYMOUS = None
    assert attempt(browser, "wrong").status_code == 429
    assert api.post("social_sign_up/", b"{", REMOTE_ADDR=ADDRESS).status_code == 400


def test_behind_a_proxy_the_address_is_the_clients(browser: Client, settings: Settings, hashed: list[str]) -> None:
    """As for sign-ups: addresses that the client itself sends are ignored."""
    settings.TRUSTED_PROXIES, settings.ADMIN_THROTTLE = 1, ("9/minute", "1/minute", "9/minute")
    statuses = [
        browser.post(
            LOGIN,
            {"username": "admin", "password": "wrong"},
            headers={"X-Forwarded-For": f"198.51.100.{number}, 203.0.113.9"},
        ).status_code
        for number in range(3)
    ]
    assert statuses == [200, 429, 429]
    assert len(hashed) == 1


def test_a_long_user_name_needs_no_long_key(browser: Client, hashed: list[str]) -> None:
    """Django limits only the length of the form, not that of a name that is tried."""
    for _ in range(5):
        assert attempt(browser, "wrong", name="a" * 50_000).status_code == 200
    assert attempt(browser, "wrong", name="a" * 50_000).status_code == 429
    storage = limits._local().storage
    assert isinstance(storage, MemoryStorage)
    assert len(storage.events) == 3
    assert max(map(len, storage.events)) < 150


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"username": "admin"},
        {"username": "admin", "password": ""},
        {"username": "ad\x00min", "password": "x"},
    ],
    ids=["empty", "no password", "an empty password", "a NUL"],
)
def test_what_is_not_hashed_is_not_counted(
    browser: Client, settings: Settings, hashed: list[str], form: dict[str, str]
) -> None:
    """A form that Django refuses by itself."""
    settings.ADMIN_THROTTLE = ("1/minute", "1/minute", "1/minute")
    assert [browser.post(LOGIN, form, REMOTE_ADDR=ADDRESS).status_code for _ in range(3)] == [200] * 3
    assert hashed == []


def test_a_forged_form_is_not_counted(settings: Settings, hashed: list[str]) -> None:
    """A page of another site cannot use up an administrator's budgets with the administrator's browser."""
    settings.ADMIN_THROTTLE = ("1/minute", "1/minute", "1/minute")
    careful = Client(SERVER_NAME=HOST, enforce_csrf_checks=True)
    assert [attempt(careful, "wrong").status_code for _ in range(3)] == [403] * 3
    assert hashed == []


def test_a_change_of_the_password_counts_as_an_attempt(browser: Client, settings: Settings, hashed: list[str]) -> None:
    """A stolen session is no way to guess the password without a limit."""
    settings.ADMIN_THROTTLE = ("3/minute", "9/minute", "9/minute")
    assert attempt(browser, "password").status_code == 302
    guess = {"old_password": "wrong", "new_password1": "correct-horse", "new_password2": "correct-horse"}
    changes = [browser.post("/admin/password_change/", guess, REMOTE_ADDR=ADDRESS).status_code for _ in range(3)]
    assert changes == [200, 200, 429]
    assert len(hashed) == 3
    assert browser.get("/admin/password_change/").status_code == 200


def test_the_rates_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three, in the notation of the other limits."""
    monkeypatch.setenv("ADMIN_THROTTLE", "10/min, 40/hour,1000/day")
    assert environment.rates("ADMIN_THROTTLE", count=3) == ("10/minute", "40/hour", "1000/day")


@pytest.mark.parametrize(
    "value", ["", "off", "5/min", "5/min,20/min", "5/min,off,100/min", "5/min,,100/min", "5/min,20/min,100/min,1/s"]
)
def test_no_rate_can_be_left_out(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """Nor be off."""
    monkeypatch.setenv("ADMIN_THROTTLE", value)
    with pytest.raises(environment.Unreadable, match=r"ADMIN_THROTTLE is .*give 3 rates, such as 60/min,60/min,60/min"):
        environment.rates("ADMIN_THROTTLE", count=3)
