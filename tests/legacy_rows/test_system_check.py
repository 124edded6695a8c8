"""docs/contract.md, section 4: a system check counts the associations that would lock their users out."""

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
def test_legacy_uids_are_counted() -> None:
    """Addresses are counted, ids are not."""
    (message,) = messages()
    assert message.startswith("2 associations of google-oauth2 ")


def test_adopted_rows_are_not_reported(settings: Any) -> None:
    """There is no warning for a provider in ADOPT_LEGACY_UIDS."""
    settings.ADOPT_LEGACY_UIDS = ["google-oauth2"]
    assert messages() == []


def test_disabled_providers_are_not_reported(settings: Any) -> None:
    """No user can sign in with them anyway."""
    settings.SOCIAL_PROVIDERS = ["facebook"]
    assert messages() == []


def test_check_without_databases_runs_no_query(django_assert_num_queries: Any) -> None:
    """The check needs `check --database default`."""
    with django_assert_num_queries(0):
        assert [message for message in run_checks() if message.id == "social.W001"] == []
