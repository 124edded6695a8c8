"""Our own access tokens (docs/contract.md, section 2, docs/threats.md, rows 31 and 32)."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shared.contract.authorization import PresentedToken
from shared.contract.errors import InvalidCredentials, NotFound
from social import tokens
from social.models import AccessToken

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> Any:
    """Somebody."""
    return get_user_model()._default_manager.create(username="Ripley")


def presented(value: str, username: str | None = None) -> PresentedToken:
    return PresentedToken(token=value, username=username)


@pytest.mark.threat(31)
def test_a_token_is_random_and_stored_as_its_digest(user: Any) -> None:
    """32 bytes, never the same twice, and nowhere in the table."""
    values = {tokens.issue(user=user).value for _ in range(20)}
    assert len(values) == 20
    assert all(len(value) == 43 for value in values)
    table = str(list(AccessToken.objects.values()))
    assert not any(value in table for value in values)
    assert all(AccessToken.objects.filter(digest=tokens.digest_of(value)).exists() for value in values)


def test_a_token_is_found_by_one_statement(user: Any) -> None:
    """With its user, however many there are."""
    values = [tokens.issue(user=user).value for _ in range(10)]
    with CaptureQueriesContext(connection) as captured:
        assert tokens.authenticate(presented(values[0])).user.username == "Ripley"
    assert len(captured) == 1


@pytest.mark.parametrize("username", ["ripley", "Ripley ", "other", ""])
def test_another_name_is_refused(user: Any, username: str) -> None:
    """The name of an ApiKey header is compared as it is."""
    value = tokens.issue(user=user).value
    assert tokens.authenticate(presented(value, "Ripley")).user == user
    with pytest.raises(InvalidCredentials):
        tokens.authenticate(presented(value, username))


@pytest.mark.parametrize("value", ["", "x", "Ł", "x" * 5000])
def test_an_unknown_token_is_refused(user: Any, value: str) -> None:
    """Whatever it looks like."""
    tokens.issue(user=user)
    with pytest.raises(InvalidCredentials):
        tokens.authenticate(presented(value))


def test_a_token_lives_by_its_use(user: Any) -> None:
    """Using it moves its end, at most once an hour; unused it ends."""
    with override_settings(TOKEN_TTL=2.5):
        issued = tokens.issue(user=user)
        assert timedelta(days=2.4) < issued.expires_at - timezone.now() < timedelta(days=2.6)
        with CaptureQueriesContext(connection) as captured:
            tokens.authenticate(presented(issued.value))
        assert len(captured) == 1, "moved at most once an hour"
        AccessToken.objects.update(
            last_used=timezone.now() - timedelta(hours=2), expires_at=timezone.now() + timedelta(minutes=1)
        )
        tokens.authenticate(presented(issued.value))
        row = AccessToken.objects.get()
        assert row.expires_at is not None
        assert row.expires_at > timezone.now() + timedelta(days=2.4)
        AccessToken.objects.update(expires_at=timezone.now())
        with pytest.raises(InvalidCredentials):
            tokens.authenticate(presented(issued.value))


def test_an_imported_key_has_no_end(user: Any) -> None:
    """Using it notes the use and gives it none."""
    then = timezone.now() - timedelta(days=900)
    row = AccessToken.objects.create(
        user=user, digest=tokens.digest_of("imported"), created=then, last_used=then, imported=True
    )
    tokens.authenticate(presented("imported"))
    row.refresh_from_db()
    assert row.expires_at is None
    assert row.last_used > timezone.now() - timedelta(minutes=1)


@pytest.mark.threat(31)
def test_a_token_revoked_meanwhile_stays_revoked(user: Any) -> None:
    """Noting its use does not bring it back."""
    value = tokens.issue(user=user).value
    AccessToken.objects.update(last_used=timezone.now() - timedelta(hours=2))
    token = AccessToken.objects.get()
    tokens.revoke(AccessToken.objects.get())
    tokens._touch(token, timezone.now())
    with pytest.raises(InvalidCredentials):
        tokens.authenticate(presented(value))
    assert not AccessToken.objects.exists()


@pytest.mark.threat(9)
def test_an_inactive_users_token_is_refused(user: Any) -> None:
    """At once, without a look at anything else."""
    value = tokens.issue(user=user).value
    get_user_model()._default_manager.update(is_active=False)
    with pytest.raises(InvalidCredentials):
        tokens.authenticate(presented(value))


@pytest.mark.parametrize("given", ["0", "-1", "1.0", "x", "", "٣", "9" * 18, "9" * 19, "9" * 5000, " 1", "1 "])
def test_what_is_no_id_of_ones_own_is_not_found(user: Any, given: str) -> None:
    """No id makes the database fail."""
    tokens.issue(user=user)
    with pytest.raises(NotFound):
        tokens.get_for(user, given)


def test_dead_tokens_are_not_listed(user: Any) -> None:
    """Neither in the list nor by id, and never another's."""
    tokens.issue(user=user)
    other = get_user_model()._default_manager.create(username="other")
    tokens.issue(user=other)
    own = AccessToken.objects.get(user=user)
    assert list(tokens.list_for(user)) == [own]
    assert tokens.get_for(user, str(own.pk)) == own
    with pytest.raises(NotFound):
        tokens.get_for(other, str(own.pk))
    AccessToken.objects.update(expires_at=timezone.now())
    assert list(tokens.list_for(user)) == []
    with pytest.raises(NotFound):
        tokens.get_for(user, str(own.pk))


@pytest.mark.threat(29)
def test_a_token_does_not_print_itself(user: Any) -> None:
    """Logs and error pages show rows by their text."""
    tokens.issue(user=user)
    token = AccessToken.objects.get()
    assert token.digest not in str(token) + repr(token)
