"""System checks: each id once triggered, and none of them on settings that are in order."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.core.checks import CheckMessage, run_checks
from django.test import override_settings


def ids(**settings: Any) -> list[str | None]:
    """Run the service's checks under these settings."""
    with override_settings(**settings):
        found: Sequence[CheckMessage] = run_checks(tags=["social"])
        assert all(message.hint for message in found), "each says what to do"
        return [message.id for message in found]


def test_the_settings_of_the_tests_are_in_order() -> None:
    """No false alarm."""
    assert ids() == []


@pytest.mark.parametrize(
    ("expected", "settings"),
    [
        ("social.E001", {"SOCIAL_PROVIDERS": ["facebook", "myspace"]}),
        ("social.E001", {"SOCIAL_PROVIDERS": ["email"]}),
        ("social.E001", {"SOCIAL_PROVIDERS": ["Facebook"]}),
        ("social.E002", {"SOCIAL_AUTH_FACEBOOK_KEY": ""}),
        ("social.E002", {"SOCIAL_AUTH_FACEBOOK_SECRET": " \t"}),
        ("social.E002", {"SOCIAL_AUTH_GOOGLE_OAUTH2_KEY": None}),
        ("social.E002", {"SOCIAL_AUTH_TWITTER_SECRET": 7}),
        ("social.E003", {"SOCIAL_AUTH_PIPELINE": ["social_core.pipeline.social_auth.associate_by_email"]}),
        ("social.E004", {"SOCIAL_AUTH_PIPELINE": ["social_core.pipeline.nowhere"]}),
        ("social.E004", {"SOCIAL_AUTH_PIPELINE": ["nonsense"]}),
        ("social.E005", {"PROVIDER_TOKEN_KEYS": ["not a key"]}),
        ("social.E006", {"PROVIDER_HOSTS": {"https://graph.facebook.com": "http://127.0.0.1:1"}}),
        ("social.E007", {"SANDBOX": True, "ALLOWED_HOSTS": ["api.example.com"]}),
        ("social.E007", {"SANDBOX": True, "ALLOWED_HOSTS": ["localhost", "*"]}),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(f"{name}={text}" for name, text in value.items()),
)
def test_each_fault_has_its_id(expected: str, settings: dict[str, Any]) -> None:
    """One fault, one message with a hint."""
    assert ids(**settings) == [expected]


def test_an_operators_own_way_to_find_users_by_address_is_seen() -> None:
    """For one provider alone it is as dangerous as for all."""
    steps = ["social_core.pipeline.social_auth.associate_by_email"]
    assert ids(SOCIAL_AUTH_FACEBOOK_PIPELINE=steps) == ["social.E003"]


def test_several_faults_are_all_told() -> None:
    """An operator does not have to start the service once for each."""
    found = ids(
        SOCIAL_PROVIDERS=["facebook", "myspace"], SOCIAL_AUTH_FACEBOOK_KEY="", PROVIDER_TOKEN_KEYS=["one", "two"]
    )
    assert sorted(map(str, found)) == ["social.E001", "social.E002", "social.E005", "social.E005"]
