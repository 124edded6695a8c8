"""docs/contract.md, section 4: backends that pass on the whole profile; only expected details have an effect."""

from typing import Any

import pytest
import responses
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.contract.conftest import ApiClient

pytestmark = [pytest.mark.django_db, pytest.mark.threat(10)]


@pytest.mark.parametrize(
    "told",
    [
        {"groups": ["1"]},
        {"user_permissions": [1]},
        {"is_superuser": True, "is_staff": True},
        {"last_login": "x"},
        {"date_joined": "x"},
        {"social_auth": [1]},
        {"save": 1},
        {"_state": 1},
        {"pk": 1},
    ],
    ids=str,
)
def test_what_a_provider_tells_besides(api: ApiClient, settings: Settings, told: dict[str, Any]) -> None:
    """It is no attribute of the new user's."""
    settings.SOCIAL_PROVIDERS = ["hubspot"]
    settings.SOCIAL_AUTH_HUBSPOT_KEY = settings.SOCIAL_AUTH_HUBSPOT_SECRET = "ours"
    settings.SOCIAL_AUTH_HUBSPOT_ACCEPT_UNVERIFIED = 1
    with responses.RequestsMock() as mock:
        mock.get(
            "https://api.hubapi.com/oauth/v1/access-tokens/t",
            json={"user": "ripley@example.com", "user_id": 7, "hub_id": 5, "hub_domain": "x", **told},
        )
        answer = api.sign_up({"provider": "hubspot", "access_token": "t"})
    assert answer.status_code == 201, answer.content
    user = User.objects.get()
    assert (user.is_superuser, user.is_staff, user.last_login) == (False, False, None)
    assert not user.groups.exists()
