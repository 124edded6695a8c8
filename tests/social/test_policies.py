"""The settings that a provider's proof requires, and those that an operator cannot change."""

import pytest
from django.test import override_settings
from social_core.utils import setting_name

from social.engine.backends import backend_class
from social.engine.strategy import StatelessStrategy
from social.providers.checks import check_providers
from social.providers.registry import policy_for

FIXED_IDS = ("apple-id", "discord", "facebook-limited-login", "gitlab", "google-oauth2", "kakao", "line", "twitch")
"""Providers whose proof is about one kind of id."""
NEEDED = {
    "apple-id": ["CLIENT"],
    "discord": ["KEY", "SECRET"],
    "facebook-limited-login": ["KEY"],
    "github": ["KEY", "SECRET"],
    "kakao": ["KEY", "SECRET", "APP_ID"],
}


@pytest.mark.parametrize("provider", FIXED_IDS)
def test_the_operator_cannot_choose_another_id(provider: str) -> None:
    """`_ID_KEY` has no effect: the proof would be about one id, and the identity another."""
    policy = policy_for(provider)
    assert policy is not None
    with override_settings(**{setting_name(provider, "ID_KEY"): "email"}):
        assert backend_class(policy)(StatelessStrategy()).id_key() != "email"


@pytest.mark.parametrize(
    ("provider", "missing"), [(provider, name) for provider, names in NEEDED.items() for name in names]
)
def test_a_missing_setting_is_an_error(provider: str, missing: str) -> None:
    """The service does not start without a setting that the proof requires."""
    given = {setting_name(provider, name): "" if name == missing else "ours" for name in NEEDED[provider]}
    with override_settings(SOCIAL_PROVIDERS=[provider], **given):
        messages = check_providers(None)
    assert [message.id for message in messages] == ["social.E002"]
    assert setting_name(provider, missing) in messages[0].msg
