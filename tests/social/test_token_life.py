"""How long tokens are valid, in particular imported keys (docs/contract.md, section 2; decision 11)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from shared.contract.authorization import PresentedToken
from shared.contract.errors import InvalidCredentials, NotFound
from social import tokens
from social.models import AccessToken

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
TTL = 10 * DAY
SetSunset = Callable[[datetime | None], None]


@pytest.fixture
def set_sunset(monkeypatch: pytest.MonkeyPatch, settings: Any) -> SetSunset:
    """Return a function that sets the sunset of v1; tokens live for ten days."""
    settings.TOKEN_TTL = TTL / DAY
    monkeypatch.setattr(tokens, "_sunset_sources", [])

    def set_sunset(moment: datetime | None) -> None:
        settings.V1_SUNSET_AT = moment

    return set_sunset


@pytest.fixture
def user() -> User:
    """Return a user."""
    return User.objects.create(username="ripley")


def imported(user: User, value: str = "key", *, used: timedelta = timedelta(0), **fields: Any) -> AccessToken:
    """Create the token of an imported key with this time since its last use."""
    then = timezone.now() - used
    row = {"created": then, "last_used": then, "imported": True, **fields}
    return AccessToken.objects.create(user=user, digest=tokens.digest_of(value), **row)


def authenticate(value: str = "key") -> AccessToken:
    return tokens.authenticate(PresentedToken(token=value, username=None))


@pytest.mark.parametrize("used", [0, 9, 2000])
@pytest.mark.parametrize("ahead", [None, 1, 400])
def test_before_the_sunset_an_imported_key_has_no_expiry(
    set_sunset: SetSunset, user: User, used: int, ahead: int | None
) -> None:
    """A key has no expiry, whether a sunset is announced or not, and however long it was unused."""
    set_sunset(None if ahead is None else timezone.now() + ahead * DAY)
    imported(user, used=used * DAY)
    assert authenticate().expires_at is None
    assert AccessToken.objects.get().expires_at is None


@pytest.mark.parametrize(
    ("used", "since", "lives"), [(2000, 9, True), (2000, 11, False), (9, 500, True), (11, 500, False)]
)
def test_after_the_sunset_an_imported_key_expires(
    set_sunset: SetSunset, user: User, used: int, since: int, lives: bool
) -> None:
    """The sunset counts as a use: a key expires `TOKEN_TTL` after it, and a used key continues as any token."""
    set_sunset(timezone.now() - since * DAY)
    imported(user, used=used * DAY)
    if not lives:
        with pytest.raises(InvalidCredentials):
            authenticate()
        assert AccessToken.objects.get().expires_at is None
        return
    authenticate()
    row = AccessToken.objects.get()
    assert row.expires_at is not None
    assert row.expires_at == row.last_used + TTL
    set_sunset(None)
    assert AccessToken.objects.get().expires_at is not None, "a withdrawn sunset does not remove an expiry"


def test_expires_at_follows_the_sunset(set_sunset: SetSunset, user: User) -> None:
    """`expires_at` in an answer is the expiry at that moment."""
    row = imported(user, used=2000 * DAY)
    now = timezone.now()
    assert tokens.expiry_of(row, now) is None
    set_sunset(now + DAY)
    assert tokens.expiry_of(row, now) is None
    set_sunset(now - DAY)
    assert tokens.expiry_of(row, now) == now - DAY + TTL


def test_the_query_and_the_method_agree(set_sunset: SetSunset, user: User) -> None:
    """`live` and `is_live` agree for every kind of token and every sunset."""
    now = timezone.now()
    offsets = [-20 * DAY, -TTL, -DAY, timedelta(0), DAY]
    kinds = product([True, False], [None, *(now + one for one in offsets)], [now + one for one in offsets[:4]])
    AccessToken.objects.bulk_create(
        AccessToken(user=user, digest=str(n), created=now, imported=one, expires_at=expires, last_used=used)
        for n, (one, expires, used) in enumerate(kinds)
    )
    for sunset in (None, *(now + one for one in offsets)):
        set_sunset(sunset)
        found = set(AccessToken.objects.filter(tokens.live(now)))
        assert found == {row for row in AccessToken.objects.all() if tokens.is_live(row, now)}
        assert 0 < len(found) < 48


@pytest.mark.parametrize("sunset", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
@pytest.mark.parametrize("days", [1, 1e6])
def test_the_earliest_and_latest_dates_are_accepted(
    set_sunset: SetSunset, user: User, settings: Any, sunset: datetime, days: float
) -> None:
    """Staff enter the year 9999 for "never", and the sum with `TOKEN_TTL` must not overflow."""
    settings.TOKEN_TTL = days
    set_sunset(sunset)
    row = imported(user)
    assert list(tokens.list_for(user)) == [row]
    assert tokens.is_live(row, timezone.now())


def test_a_token_without_expiry_that_is_not_imported_stays_valid(set_sunset: SetSunset, user: User) -> None:
    """The sunset does not apply to a token that an operator has created."""
    set_sunset(timezone.now() - 500 * DAY)
    imported(user, used=500 * DAY, imported=False)
    assert authenticate().expires_at is None


def revoke(token: AccessToken) -> None:
    tokens.revoke(token)


def exceed_the_limit(token: AccessToken) -> None:
    for _ in range(2):
        tokens.issue(user=token.user)


@pytest.mark.threat(31)
@pytest.mark.parametrize("end", [revoke, exceed_the_limit])
def test_a_revoked_key_keeps_its_digest(user: User, settings: Any, end: Callable[[AccessToken], None]) -> None:
    """A revoked key is invalid and not listed, but its row stays, so that an import does not create it again."""
    settings.TOKENS_PER_USER = 2
    token = imported(user, used=DAY)
    end(token)
    with pytest.raises(InvalidCredentials):
        authenticate()
    assert token not in tokens.list_for(user)
    with pytest.raises(NotFound):
        tokens.get_for(user, str(token.pk))
    tokens.revoke(token)
    tokens.issue(user=user)
    assert AccessToken.objects.get(pk=token.pk).digest == token.digest


@pytest.mark.threat(31)
def test_a_concurrent_use_does_not_restore_a_revoked_key(user: User) -> None:
    """The key was read before it was revoked, and its use is recorded after."""
    token = imported(user, used=DAY)
    tokens.revoke(AccessToken.objects.get())
    tokens._touch(token, timezone.now())
    with pytest.raises(InvalidCredentials):
        authenticate()


def test_revoked_keys_do_not_count(user: User, settings: Any) -> None:
    """Revoked keys do not count against TOKENS_PER_USER."""
    settings.TOKENS_PER_USER = 2
    for number in range(3):
        tokens.revoke(imported(user, f"key-{number}"))
    given = [tokens.issue(user=user).value for _ in range(2)]
    assert [authenticate(value).user for value in given] == [user, user]


def test_issuing_a_token_costs_two_statements(user: User, django_assert_num_queries: Any) -> None:
    """One statement inserts the token, and one looks for surplus tokens."""
    tokens.revoke(imported(user, "ended"))
    imported(user)
    with django_assert_num_queries(2):
        tokens.issue(user=user)
