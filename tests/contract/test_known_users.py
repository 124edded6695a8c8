"""docs/contract.md, section 4: an e-mail address finds no user, and a known user's values do not change."""

import pytest
from django.contrib.auth.models import User
from social_django.models import UserSocialAuth

from social.models import AccessToken
from tests.contract.conftest import ApiClient
from tests.contract.users import PROFILES, all_rows
from tests.providers import Providers

pytestmark = pytest.mark.django_db

KEYS = ["id", "username", "email", "first_name", "last_name", "resource_uri"]
EACH_PROVIDER = pytest.mark.parametrize("provider", PROFILES)


@pytest.mark.threat(6)
@pytest.mark.parametrize("email", ["ripley@example.com", "RIPLEY@EXAMPLE.COM"])
@EACH_PROVIDER
def test_an_address_does_not_find_a_user(api: ApiClient, providers: Providers, provider: str, email: str) -> None:
    """A sign-up with a superuser's e-mail address, verified or not, creates another user."""
    admin = User.objects.create_superuser("ripley", email=email, password="x")
    profile = {**PROFILES[provider], "email": "ripley@example.com"}
    body = api.sign_up(providers.knows(provider, "t", **profile)).json()
    assert body["outcome"] == "created"
    assert body["id"] != admin.pk
    assert body["username"].lower() != "ripley"
    assert not UserSocialAuth.objects.filter(user=admin).exists()
    assert not AccessToken.objects.filter(user=admin).exists()


@pytest.mark.threat(13)
def test_the_values_of_a_known_user_are_not_overwritten(api: ApiClient, providers: Providers) -> None:
    """The provider's values at a later sign-in, or at linking, are not written to the user's row."""
    first = api.sign_up(providers.knows("facebook", "t", **PROFILES["facebook"])).json()
    before = all_rows()["auth.User"]
    changed = {"id": "10011", "name": "New Name", "first_name": "New", "last_name": "Name", "email": "new@example.com"}
    again = api.sign_up(providers.knows("facebook", "t", **changed)).json()
    api.sign_up(
        providers.knows("github", "t", id=1, login="new", name="New", email="n@example.com"), token=again["token"]
    )
    assert all_rows()["auth.User"] == before
    assert {name: again[name] for name in KEYS} == {name: first[name] for name in KEYS}


@pytest.mark.threat(13)
def test_empty_values_of_a_known_user_stay_empty(api: ApiClient, providers: Providers) -> None:
    """Empty values are not filled in by a later sign-in."""
    fields = providers.knows("facebook", "t", id="10011", name="")
    api.sign_up(fields)
    before = all_rows()["auth.User"]
    body = api.sign_up(providers.knows("facebook", "t", **PROFILES["facebook"])).json()
    assert (body["email"], body["first_name"], body["last_name"]) == ("", "", "")
    assert all_rows()["auth.User"] == before
