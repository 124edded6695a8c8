"""docs/contract.md, section 2: a token expires after `TOKEN_TTL`, and each use extends it."""

import base64
import hashlib
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from social.models import AccessToken
from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient
from tests.contract.users import PROFILES, Person, person
from tests.providers import Providers

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def aged(ripley: Person, *, used: timedelta, expires: timedelta | None) -> tuple[datetime, datetime | None]:
    """Set the time of a token's last use and its expiry, relative to now, and return both."""
    now = timezone.now()
    ripley.row.last_used = now - used
    ripley.row.expires_at = None if expires is None else now + expires
    ripley.row.save()
    return stored(ripley)


def stored(ripley: Person) -> tuple[datetime, datetime | None]:
    ripley.row.refresh_from_db()
    return ripley.row.last_used, ripley.row.expires_at


@pytest.mark.parametrize("used", [timedelta(0), MINUTE, 59 * MINUTE], ids=str)
def test_a_use_within_an_hour_is_not_recorded(api: ApiClient, used: timedelta) -> None:
    """The last use is written at most once an hour."""
    ripley = person()
    before = aged(ripley, used=used, expires=5 * DAY)
    assert api.get("user/", token=ripley.token).status_code == 200
    assert stored(ripley) == before


@pytest.mark.parametrize("used", [61 * MINUTE, DAY, 89 * DAY], ids=str)
@pytest.mark.parametrize("path", ["user/", "provider/", "token/current/", "user/0/"])
def test_a_use_after_an_hour_extends_the_token(api: ApiClient, settings: Settings, path: str, used: timedelta) -> None:
    """Any call with a token extends it to `TOKEN_TTL` from now."""
    settings.TOKEN_TTL = 1.5
    ripley = person()
    aged(ripley, used=used, expires=MINUTE)
    start = timezone.now()
    api.get(path, token=ripley.token)
    last_used, expires_at = stored(ripley)
    assert start <= last_used <= timezone.now()
    assert expires_at == last_used + timedelta(days=1.5)


def test_a_use_extends_no_other_token(api: ApiClient) -> None:
    """Also not one with the same expiry, as imported keys have."""
    ripley, dallas = person(), person("dallas")
    for one in (ripley, dallas):
        one.row.imported = True
        aged(one, used=2 * HOUR, expires=None)
    before = stored(dallas)
    assert api.get("user/", token=ripley.token).status_code == 200
    assert stored(dallas) == before


def test_linking_extends_the_token(api: ApiClient, providers: Providers) -> None:
    """Linking with a token extends it, and issues no other."""
    ripley = person()
    before, _ = aged(ripley, used=2 * HOUR, expires=MINUTE)
    response = api.sign_up(providers.knows("facebook", "t", **PROFILES["facebook"]), token=ripley.token)
    assert response.json()["outcome"] == "linked"
    assert stored(ripley)[0] > before
    assert AccessToken.objects.count() == 1


@pytest.mark.threat(31)
def test_an_unused_token_expires(api: ApiClient) -> None:
    """A token is valid until its expiry, and no use makes it valid again."""
    ripley = person()
    aged(ripley, used=MINUTE, expires=MINUTE)
    assert api.get("user/", token=ripley.token).status_code == 200
    before = aged(ripley, used=2 * HOUR, expires=timedelta(0))
    assert_error(api.get("user/", token=ripley.token), "invalid_credentials")
    assert stored(ripley) == before


def test_an_imported_key_does_not_expire(api: ApiClient) -> None:
    """A key imported from an earlier deployment has no expiry, and a use does not set one."""
    ripley = person()
    ripley.row.imported = True
    aged(ripley, used=1000 * DAY, expires=None)
    response = api.get("token/current/", headers={"Authorization": f"ApiKey ripley:{ripley.token}"})
    assert (response.status_code, response.json()["expires_at"]) == (200, None)
    assert stored(ripley)[1] is None
    assert timezone.now() - stored(ripley)[0] < MINUTE


def test_a_new_token_has_32_random_bytes_and_an_expiry(
    api: ApiClient, providers: Providers, settings: Settings
) -> None:
    """Only the SHA-256 of the token is stored, and it expires after `TOKEN_TTL`."""
    settings.TOKEN_TTL = 2
    start = timezone.now()
    body = api.sign_up(providers.knows("facebook", "t", **PROFILES["facebook"])).json()
    row = AccessToken.objects.get()
    assert len(base64.urlsafe_b64decode(body["token"] + "=")) == 32
    assert row.digest == hashlib.sha256(body["token"].encode()).hexdigest()
    assert row.expires_at is not None
    assert start + 2 * DAY <= row.expires_at <= timezone.now() + 2 * DAY
    assert body["token_expires_at"] == row.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert api.get("token/current/", token=body["token"]).json()["expires_at"] == body["token_expires_at"]


def test_each_sign_in_issues_a_token(api: ApiClient, providers: Providers) -> None:
    """Two sign-ins issue two tokens, and both are valid."""
    fields = providers.knows("facebook", "t", **PROFILES["facebook"])
    first, second = (api.sign_up(fields).json()["token"] for _ in range(2))
    assert first != second
    assert api.get("user/", token=first).content == api.get("user/", token=second).content


def test_the_least_recently_used_token_is_removed(api: ApiClient, providers: Providers, settings: Settings) -> None:
    """Above `TOKENS_PER_USER` the user's least recently used token is removed, not the oldest."""
    settings.TOKENS_PER_USER = 2
    fields = providers.knows("facebook", "t", **PROFILES["facebook"])
    parker = person("parker")
    aged(parker, used=80 * DAY, expires=DAY)
    oldest, middle = (api.sign_up(fields).json()["token"] for _ in range(2))
    rows = AccessToken.objects.exclude(user=parker.user).order_by("id")
    for row, used in zip(rows, [MINUTE, 2 * HOUR], strict=True):
        row.last_used -= used
        row.save()
    newest = api.sign_up(fields).json()["token"]
    assert_error(api.get("user/", token=middle), "invalid_credentials")
    for alive in (oldest, newest, parker.token):
        assert api.get("user/", token=alive).status_code == 200
    assert api.get("token/", token=newest).json()["meta"]["total_count"] == 2


@pytest.mark.parametrize("live", [1, 3])
def test_a_user_keeps_at_most_tokens_per_user(
    api: ApiClient, providers: Providers, settings: Settings, live: int
) -> None:
    """After any number of sign-ins the latest `TOKENS_PER_USER` tokens are valid."""
    settings.TOKENS_PER_USER = live
    fields = providers.knows("facebook", "t", **PROFILES["facebook"])
    given = [api.sign_up(fields).json()["token"] for _ in range(live + 2)]
    statuses = [api.get("user/", token=token).status_code for token in given]
    assert statuses == [401, 401] + [200] * live


def test_expired_tokens_do_not_count(api: ApiClient, providers: Providers, settings: Settings) -> None:
    """Expired tokens do not count against `TOKENS_PER_USER`."""
    settings.TOKENS_PER_USER = 2
    fields = providers.knows("facebook", "t", **PROFILES["facebook"])
    first = api.sign_up(fields).json()["token"]
    dead = api.sign_up(fields).json()["token"]
    AccessToken.objects.filter(digest=hashlib.sha256(dead.encode()).hexdigest()).update(expires_at=timezone.now())
    AccessToken.objects.filter(digest=hashlib.sha256(first.encode()).hexdigest()).update(
        last_used=timezone.now() - 59 * MINUTE
    )
    api.sign_up(fields)
    assert api.get("user/", token=first).status_code == 200


@pytest.mark.threat(43)
def test_a_replayed_credential_evicts_no_other_token(api: ApiClient, providers: Providers, settings: Settings) -> None:
    """Above `TOKENS_PER_USER` the tokens of the same credential are removed first, even if others are less used."""
    settings.TOKENS_PER_USER = 3
    fields = [providers.knows("facebook", text, **PROFILES["facebook"]) for text in ("one", "two", "stolen")]
    kept = [api.sign_up(one).json()["token"] for one in fields[:2]]
    stolen = [api.sign_up(fields[2]).json()["token"] for _ in range(4)]
    assert [api.get("user/", token=token).status_code for token in kept + stolen] == [200, 200, 401, 401, 401, 200]
