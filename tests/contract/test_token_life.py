"""docs/contract.md, section 2: how long a token lives, and how using it is its refresh."""

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
    """Set when a token was used and when it expires, from now; gives both."""
    now = timezone.now()
    ripley.row.last_used = now - used
    ripley.row.expires_at = None if expires is None else now + expires
    ripley.row.save()
    return stored(ripley)


def stored(ripley: Person) -> tuple[datetime, datetime | None]:
    ripley.row.refresh_from_db()
    return ripley.row.last_used, ripley.row.expires_at


@pytest.mark.parametrize("used", [timedelta(0), MINUTE, 59 * MINUTE], ids=str)
def test_use_within_the_hour_moves_nothing(api: ApiClient, used: timedelta) -> None:
    """The last use is written at most once an hour."""
    ripley = person()
    before = aged(ripley, used=used, expires=5 * DAY)
    assert api.get("user/", token=ripley.token).status_code == 200
    assert stored(ripley) == before


@pytest.mark.parametrize("used", [61 * MINUTE, DAY, 89 * DAY], ids=str)
@pytest.mark.parametrize("path", ["user/", "provider/", "token/current/", "user/0/"])
def test_use_after_the_hour_moves_the_expiry(api: ApiClient, settings: Settings, path: str, used: timedelta) -> None:
    """Any call with a token is a use of it: it lives for another `TOKEN_TTL` from then."""
    settings.TOKEN_TTL = 1.5
    ripley = person()
    aged(ripley, used=used, expires=MINUTE)
    start = timezone.now()
    api.get(path, token=ripley.token)
    last_used, expires_at = stored(ripley)
    assert start <= last_used <= timezone.now()
    assert expires_at == last_used + timedelta(days=1.5)


def test_a_sign_up_is_a_use(api: ApiClient, providers: Providers) -> None:
    """Linking with a token refreshes it, and issues no other."""
    ripley = person()
    before, _ = aged(ripley, used=2 * HOUR, expires=MINUTE)
    response = api.sign_up(providers.knows("facebook", "t", **PROFILES["facebook"]), token=ripley.token)
    assert response.json()["outcome"] == "linked"
    assert stored(ripley)[0] > before
    assert AccessToken.objects.count() == 1


@pytest.mark.threat(31)
def test_an_unused_token_dies(api: ApiClient) -> None:
    """Until its expiry it is good, from then on it is not, and no use brings it back."""
    ripley = person()
    aged(ripley, used=MINUTE, expires=MINUTE)
    assert api.get("user/", token=ripley.token).status_code == 200
    before = aged(ripley, used=2 * HOUR, expires=timedelta(0))
    assert_error(api.get("user/", token=ripley.token), "invalid_credentials")
    assert stored(ripley) == before


def test_an_imported_key_does_not_expire(api: ApiClient) -> None:
    """A key of an earlier deployment has no expiry, and use gives it none."""
    ripley = person()
    ripley.row.imported = True
    aged(ripley, used=1000 * DAY, expires=None)
    response = api.get("token/current/", headers={"Authorization": f"ApiKey ripley:{ripley.token}"})
    assert (response.status_code, response.json()["expires_at"]) == (200, None)
    assert stored(ripley)[1] is None
    assert timezone.now() - stored(ripley)[0] < MINUTE


def test_a_new_token(api: ApiClient, providers: Providers, settings: Settings) -> None:
    """32 random bytes, kept as SHA-256 alone, living for `TOKEN_TTL`."""
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


def test_each_sign_in_has_its_own_token(api: ApiClient, providers: Providers) -> None:
    """Two sign-ins give two tokens, both good."""
    fields = providers.knows("facebook", "t", **PROFILES["facebook"])
    first, second = (api.sign_up(fields).json()["token"] for _ in range(2))
    assert first != second
    assert api.get("user/", token=first).content == api.get("user/", token=second).content


def test_the_least_recently_used_goes_first(api: ApiClient, providers: Providers, settings: Settings) -> None:
    """Beyond `TOKENS_PER_USER` the one goes that was used longest ago, not the oldest, and nobody else's."""
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
def test_so_many_live(api: ApiClient, providers: Providers, settings: Settings, live: int) -> None:
    """However often someone signs in, the last so many tokens are good."""
    settings.TOKENS_PER_USER = live
    fields = providers.knows("facebook", "t", **PROFILES["facebook"])
    given = [api.sign_up(fields).json()["token"] for _ in range(live + 2)]
    statuses = [api.get("user/", token=token).status_code for token in given]
    assert statuses == [401, 401] + [200] * live


def test_a_dead_token_takes_no_place(api: ApiClient, providers: Providers, settings: Settings) -> None:
    """Expired tokens do not count among those that live."""
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
