"""docs/contract.md, section 4: a check counts rows of older social-core versions before they lock anyone out."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.checks import run_checks
from social_django.models import UserSocialAuth

pytestmark = pytest.mark.django_db


def messages() -> list[str]:
    return [message.msg for message in run_checks(databases=["default"]) if message.id == "social.W001"]


@pytest.fixture(autouse=True)
def _rows() -> None:
    for number, (uid, id_key) in enumerate(
        (
            ("ripley@example.com", ""),
            ("dallas@example.com", "email"),
            ("100000000000000040011", "sub"),
            ("100000000000000040012", ""),
            ("100000000000000040013", "email"),
        )
    ):
        user = User.objects.create(username=f"user{number}")
        UserSocialAuth.objects.create(user=user, provider="google-oauth2", uid=uid, id_key=id_key)
        UserSocialAuth.objects.create(user=user, provider="facebook", uid=f"1001{number}", id_key="id")


@pytest.mark.threat(6)
def test_rows_of_old_are_counted() -> None:
    """Addresses count, ids do not."""
    (message,) = messages()
    assert message.startswith("2 associations of google-oauth2 ")


def test_rows_that_will_be_adopted_are_no_trouble(settings: Any) -> None:
    """Nothing is said of a provider that ADOPT_LEGACY_UIDS names."""
    settings.ADOPT_LEGACY_UIDS = ["google-oauth2"]
    assert messages() == []


def test_a_provider_that_is_off_is_no_trouble(settings: Any) -> None:
    """Nobody can sign in with it in any case."""
    settings.SOCIAL_PROVIDERS = ["facebook"]
    assert messages() == []


def test_the_plain_check_asks_no_database(django_assert_num_queries: Any) -> None:
    """Only `check --database default` does."""
    with django_assert_num_queries(0):
        assert [message for message in run_checks() if message.id == "social.W001"] == []
