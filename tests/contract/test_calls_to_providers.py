"""The calls that prove a provider's access token send that token."""

import pytest
import responses
from django.test import override_settings
from social_core.utils import setting_name

from tests.contract.checkers import CHECKERS, OURS
from tests.contract.conftest import ApiClient

TOKEN = "t0ken-of-the-client"


@pytest.mark.django_db
@pytest.mark.threat(1)
@pytest.mark.parametrize("provider", CHECKERS)
def test_each_call_sends_the_clients_token(one_api: ApiClient, provider: str) -> None:
    """The check and the profile call ask about the token that the client has sent."""
    checker = CHECKERS[provider]
    ours = checker.settings or {"KEY": OURS, "SECRET": "our-secret"}
    named = {setting_name(provider, name): value for name, value in ours.items()}
    with responses.RequestsMock() as mock, override_settings(SOCIAL_PROVIDERS=[provider], **named):
        mock.get(checker.check_url, json=checker.claims)
        mock.get(checker.profile_url, json=checker.profile)
        answer = one_api.sign_up({"provider": provider, "access_token": TOKEN})
        assert answer.status_code == 201
        for call in mock.calls:
            authorization = call.request.headers.get("Authorization", "")
            assert authorization in {f"Bearer {TOKEN}", f"OAuth {TOKEN}"} or f"access_token={TOKEN}" in str(
                call.request.url
            )
