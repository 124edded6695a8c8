"""How long tokens live, imported keys above all (docs/contract.md, section 2, decision 11)."""

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
Decide = Callable[[datetime | None], None]


@pytest.fixture
def decide(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Decide:
    """Set the end of v1; tokens live for ten days."""
    settings.TOKEN_TTL = TTL / DAY
    monkeypatch.setattr(tokens, "_sunset_sources", [])

    def decide(moment: datetime | None) -> None:
        settings.V1_SUNSET_AT = moment

    return decide


@pytest.fixture
def user() -> User:
    """Somebody."""
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
def test_until_the_sunset_there_is_no_end(decide: Decide, user: User, used: int, ahead: int | None) -> None:
    """Whether a sunset is announced or not, and however long nobody came."""
    decide(None if ahead is None else timezone.now() + ahead * DAY)
    imported(user, used=used * DAY)
    assert authenticate().expires_at is None
    assert AccessToken.objects.get().expires_at is None


@pytest.mark.parametrize(
    ("used", "since", "lives"), [(2000, 9, True), (2000, 11, False), (9, 500, True), (11, 500, False)]
)
def test_from_the_sunset_on_it_ages(decide: Decide, user: User, used: int, since: int, lives: bool) -> None:
    """The sunset counts as a use: nobody's key ends on that day, and one that is used goes on like any token."""
    decide(timezone.now() - since * DAY)
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
    decide(None)
    assert AccessToken.objects.get().expires_at is not None, "a date that is taken back takes no expiry back"


def test_the_answer_says_when(decide: Decide, user: User) -> None:
    """`expires_at` of the contract is what holds at that moment."""
    row = imported(user, used=2000 * DAY)
    now = timezone.now()
    assert tokens.expiry_of(row, now) is None
    decide(now + DAY)
    assert tokens.expiry_of(row, now) is None
    decide(now - DAY)
    assert tokens.expiry_of(row, now) == now - DAY + TTL


def test_the_database_says_the_same(decide: Decide, user: User) -> None:
    """The condition on rows and the look at one agree, for every kind of token and every sunset."""
    now = timezone.now()
    offsets = [-20 * DAY, -TTL, -DAY, timedelta(0), DAY]
    kinds = product([True, False], [None, *(now + one for one in offsets)], [now + one for one in offsets[:4]])
    AccessToken.objects.bulk_create(
        AccessToken(user=user, digest=str(n), created=now, imported=one, expires_at=expires, last_used=used)
        for n, (one, expires, used) in enumerate(kinds)
    )
    for sunset in (None, *(now + one for one in offsets)):
        decide(sunset)
        found = set(AccessToken.objects.filter(tokens.live(now)))
        assert found == {row for row in AccessToken.objects.all() if tokens.is_live(row, now)}
        assert 0 < len(found) < 48


@pytest.mark.parametrize("sunset", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
@pytest.mark.parametrize("days", [1, 1e6])
def test_the_farthest_dates(decide: Decide, user: User, settings: Any, sunset: datetime, days: float) -> None:
    """Staff who mean "never" write the year 9999: no calendar ends there for those who list their tokens."""
    settings.TOKEN_TTL = days
    decide(sunset)
    row = imported(user)
    assert list(tokens.list_for(user)) == [row]
    assert tokens.is_live(row, timezone.now())


def test_a_token_without_end_that_is_not_imported_stays(decide: Decide, user: User) -> None:
    """One that an operator has made by hand is no matter of v1's."""
    decide(timezone.now() - 500 * DAY)
    imported(user, used=500 * DAY, imported=False)
    assert authenticate().expires_at is None


def end_by_revoking(token: AccessToken) -> None:
    tokens.revoke(token)


def end_by_sign_ins(token: AccessToken) -> None:
    for _ in range(2):
        tokens.issue(user=token.user)


@pytest.mark.threat(31)
@pytest.mark.parametrize("end", [end_by_revoking, end_by_sign_ins])
def test_an_ended_key_leaves_its_digest(user: User, settings: Any, end: Callable[[AccessToken], None]) -> None:
    """Good for nothing and listed nowhere; but an import finds it, and does not bring the key back."""
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
def test_a_use_under_way_does_not_bring_it_back(user: User) -> None:
    """It was looked at before it was ended, and its use is noted after."""
    token = imported(user, used=DAY)
    tokens.revoke(AccessToken.objects.get())
    tokens._touch(token, timezone.now())
    with pytest.raises(InvalidCredentials):
        authenticate()


def test_ended_keys_take_no_place(user: User, settings: Any) -> None:
    """They do not count among those that live."""
    settings.TOKENS_PER_USER = 2
    for number in range(3):
        tokens.revoke(imported(user, f"key-{number}"))
    given = [tokens.issue(user=user).value for _ in range(2)]
    assert [authenticate(value).user for value in given] == [user, user]


def test_a_sign_in_costs_two_statements(user: User, django_assert_num_queries: Any) -> None:
    """One writes the token, one looks for what is too many."""
    tokens.revoke(imported(user, "ended"))
    imported(user)
    with django_assert_num_queries(2):
        tokens.issue(user=user)
