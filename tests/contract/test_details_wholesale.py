"""docs/contract.md, section 4: a backend that passes on the whole profile sets no attribute of the user."""

from typing import Any

import pytest
import responses
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.contract.conftest import ApiClient

pytestmark = [pytest.mark.django_db, pytest.mark.threat(10)]


@pytest.mark.parametrize(
    "details",
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
def test_unexpected_details_do_not_set_user_attributes(
    api: ApiClient, settings: Settings, details: dict[str, Any]
) -> None:
    """Details with the name of a user's attribute have no effect on the new user."""
    settings.SOCIAL_PROVIDERS = ["hubspot"]
    settings.SOCIAL_AUTH_HUBSPOT_KEY = settings.SOCIAL_AUTH_HUBSPOT_SECRET = "ours"
    settings.SOCIAL_AUTH_HUBSPOT_ACCEPT_UNVERIFIED = 1
    with responses.RequestsMock() as mock:
        mock.get(
            "https://api.hubapi.com/oauth/v1/access-tokens/t",
            json={"user": "ripley@example.com", "user_id": 7, "hub_id": 5, "hub_domain": "x", **details},
        )
        answer = api.sign_up({"provider": "hubspot", "access_token": "t"})
    assert answer.status_code == 201, answer.content
    user = User.objects.get()
    assert (user.is_superuser, user.is_staff, user.last_login) == (False, False, None)
    assert not user.groups.exists()
