"""docs/contract.md, section 4: a value that an operator's setting maps to a field of the user is cleaned or dropped."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.contract.conftest import ApiClient
from tests.contract.test_verified_addresses import unverified_provider

pytestmark = pytest.mark.django_db

HUBSPOT = "https://api.hubapi.com/oauth/v1/access-tokens/t"


def sign_up(api: ApiClient, **reported: Any) -> User:
    """Sign up at a provider whose backend passes on the whole profile."""
    answer = {"user": "ripley@example.com", "user_id": 7, "hub_id": 5, "hub_domain": "x", **reported}
    response = unverified_provider(api, "hubspot", {HUBSPOT: answer})
    assert (response.status_code, response.json()["outcome"]) == (201, "created"), response.content
    user = User.objects.get()
    assert response.json()["last_name"] == user.last_name
    return user


@pytest.mark.threat(14)
@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("Ripley", "Ripley"),
        ("Rip\x00ley\u202e", "Ripley"),
        ("R" * 1000, "R" * 150),
        (None, ""),
        (7, ""),
        (True, ""),
        (["Ripley"], ""),
        ({"last": "Ripley"}, ""),
        ("\ud800", ""),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_mapped_name(api: ApiClient, settings: Settings, value: Any, kept: str) -> None:
    """A field that `_USER_FIELD_MAPPING` names is cleaned like the names that social-core knows."""
    settings.SOCIAL_AUTH_USER_FIELD_MAPPING = {"surname": "last_name"}
    assert sign_up(api, surname=value).last_name == kept


@pytest.mark.threat(14)
@pytest.mark.parametrize("value", ["2020-01-01T00:00:00Z", "yesterday", "2020-13-01T00:00:00Z", 7, [], {}, True])
def test_a_mapped_time(one_api: ApiClient, settings: Settings, value: Any) -> None:
    """A value that is none of the field's is dropped, and the model's default applies."""
    settings.SOCIAL_AUTH_USER_FIELDS = ["username", "email", "date_joined"]
    joined = sign_up(one_api, date_joined=value).date_joined
    assert (joined.year == 2020) == (value == "2020-01-01T00:00:00Z")


@pytest.mark.threat(10)
@pytest.mark.parametrize("name", ["groups", "user_permissions", "social_auth"])
def test_a_mapped_relation(one_api: ApiClient, settings: Settings, name: str) -> None:
    """A relation is never set from a profile."""
    settings.SOCIAL_AUTH_USER_FIELD_MAPPING = {"surname": name}
    user = sign_up(one_api, surname=[1])
    assert not user.groups.exists()
    assert not user.user_permissions.exists()


@pytest.mark.threat(39)
def test_a_mapped_address(one_api: ApiClient, settings: Settings) -> None:
    """An address that a flag does not vouch for is kept out under its other names, too."""
    settings.SOCIAL_AUTH_USER_FIELD_MAPPING = {"user": "last_name"}
    user = sign_up(one_api, email_verified=False)
    assert (user.email, user.last_name) == ("", "")
