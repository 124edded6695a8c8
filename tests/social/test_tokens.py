"""Our own access tokens (docs/contract.md, section 2; docs/threats.md, rows 31 and 32)."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models.signals import post_save
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
    """Return a user."""
    return get_user_model()._default_manager.create(username="Ripley")


def presented(value: str, username: str | None = None) -> PresentedToken:
    return PresentedToken(token=value, username=username)


@pytest.mark.threat(31)
def test_a_token_is_random_and_stored_as_its_digest(user: Any) -> None:
    """A token has 32 random bytes and is stored only as its digest."""
    values = {tokens.issue(user=user).value for _ in range(20)}
    assert len(values) == 20
    assert all(len(value) == 43 for value in values)
    table = str(list(AccessToken.objects.values()))
    assert not any(value in table for value in values)
    assert all(AccessToken.objects.filter(digest=tokens.digest_of(value)).exists() for value in values)


def test_a_token_is_the_same_row_with_and_without_signals(user: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A receiver of the saved token gets it; without one the row is inserted by its statement."""
    received: list[AccessToken] = []

    def receive(instance: AccessToken, **kwargs: object) -> None:
        received.append(instance)

    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    plain = tokens.issue(user=user, may_exceed_limit=False)
    post_save.connect(receive, sender=AccessToken)
    try:
        saved = tokens.issue(user=user, may_exceed_limit=False)
    finally:
        post_save.disconnect(receive, sender=AccessToken)
    rows = {row["digest"]: row for row in AccessToken.objects.values()}
    first, second = (rows[tokens.digest_of(token.value)] for token in (plain, saved))
    assert [row.pk for row in received] == [second["id"]]
    assert {**first, "id": 0, "digest": ""} == {**second, "id": 0, "digest": ""}


def test_a_token_costs_one_statement(user: Any) -> None:
    """The user is loaded with the token, however many tokens there are."""
    values = [tokens.issue(user=user).value for _ in range(10)]
    with CaptureQueriesContext(connection) as captured:
        assert tokens.authenticate(presented(values[0])).user.username == "Ripley"
    assert len(captured) == 1


@pytest.mark.parametrize("username", ["ripley", "Ripley ", "other", ""])
def test_another_username_is_refused(user: Any, username: str) -> None:
    """The username of an ApiKey header is compared exactly."""
    value = tokens.issue(user=user).value
    assert tokens.authenticate(presented(value, "Ripley")).user == user
    with pytest.raises(InvalidCredentials):
        tokens.authenticate(presented(value, username))


@pytest.mark.parametrize("value", ["", "x", "Ł", "x" * 5000])
def test_an_unknown_token_is_refused(user: Any, value: str) -> None:
    """An unknown token is refused, whatever its format."""
    tokens.issue(user=user)
    with pytest.raises(InvalidCredentials):
        tokens.authenticate(presented(value))


def test_a_use_extends_a_token(user: Any) -> None:
    """A use extends the expiry at most once an hour; an unused token expires."""
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


def test_an_imported_key_has_no_expiry(user: Any) -> None:
    """A use is recorded and sets no expiry."""
    then = timezone.now() - timedelta(days=900)
    row = AccessToken.objects.create(
        user=user, digest=tokens.digest_of("imported"), created=then, last_used=then, imported=True
    )
    tokens.authenticate(presented("imported"))
    row.refresh_from_db()
    assert row.expires_at is None
    assert row.last_used > timezone.now() - timedelta(minutes=1)


@pytest.mark.threat(31)
def test_a_concurrent_use_does_not_restore_a_revoked_token(user: Any) -> None:
    """Recording a use does not restore a revoked token."""
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
    """The token of an inactive user is refused at once."""
    value = tokens.issue(user=user).value
    get_user_model()._default_manager.update(is_active=False)
    with pytest.raises(InvalidCredentials):
        tokens.authenticate(presented(value))


@pytest.mark.parametrize("given", ["0", "-1", "1.0", "x", "", "٣", "9" * 18, "9" * 19, "9" * 5000, " 1", "1 "])
def test_a_malformed_or_foreign_id_is_not_found(user: Any, given: str) -> None:
    """No id causes a database error."""
    tokens.issue(user=user)
    with pytest.raises(NotFound):
        tokens.get_for(user, given)


def test_expired_tokens_are_not_listed(user: Any) -> None:
    """An expired token is neither in the list nor found by id, and nor is another user's."""
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
def test_the_text_of_a_token_hides_its_digest(user: Any) -> None:
    """Logs and error pages show rows by their text."""
    tokens.issue(user=user)
    token = AccessToken.objects.get()
    assert token.digest not in str(token) + repr(token)
