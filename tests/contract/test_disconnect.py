"""docs/contract.md, section 5: disconnecting an identity, never the last way in."""

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings
from social_django.models import UserSocialAuth

from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient
from tests.contract.users import PROFILES, Person, all_rows, link, person
from tests.providers import Providers

pytestmark = pytest.mark.django_db


def with_password(username: str = "ripley") -> Person:
    ripley = person(username)
    ripley.user.set_password("nostromo")
    ripley.user.save()
    return ripley


def refused(api: ApiClient, ripley: Person, account: UserSocialAuth) -> None:
    before = all_rows()
    assert_error(api.delete(f"social_account/{account.pk}/", token=ripley.token), "last_login_method")
    assert all_rows() == before


def done(api: ApiClient, ripley: Person, account: UserSocialAuth) -> None:
    response = api.delete(f"social_account/{account.pk}/", token=ripley.token)
    assert (response.status_code, response.content) == (204, b"")
    assert not UserSocialAuth.objects.filter(pk=account.pk).exists()


def test_one_of_two(api: ApiClient) -> None:
    """It is gone, alone; the other is the last and stays."""
    ripley = person()
    first, second = link(ripley.user), link(ripley.user, "github", "10015")
    done(api, ripley, first)
    assert [one["id"] for one in api.get("social_account/", token=ripley.token).json()["objects"]] == [second.pk]
    assert_error(api.get(f"social_account/{first.pk}/", token=ripley.token), "not_found")
    refused(api, ripley, second)


@pytest.mark.threat(15)
def test_the_last_one(api: ApiClient) -> None:
    """409 as often as it is tried; others' identities do not help."""
    ripley = person()
    account = link(ripley.user)
    link(person("parker").user, "github", "10015")
    refused(api, ripley, account)
    refused(api, ripley, account)


@pytest.mark.threat(12)
def test_two_of_one_provider(api: ApiClient) -> None:
    """The other account of the same provider is a way in."""
    ripley = person()
    first, second = link(ripley.user, uid="1"), link(ripley.user, uid="2")
    done(api, ripley, second)
    refused(api, ripley, first)


@pytest.mark.threat(15)
def test_a_disabled_provider_is_no_way_in(api: ApiClient, settings: Settings) -> None:
    """An identity there does not count, and may itself be taken away while another counts."""
    ripley = person()
    account, dead = link(ripley.user), link(ripley.user, "github", "10015")
    settings.SOCIAL_PROVIDERS = ["facebook"]
    refused(api, ripley, account)
    done(api, ripley, dead)


def test_only_disabled_providers(api: ApiClient, settings: Settings) -> None:
    """Where no enabled one remains, it is refused as well."""
    ripley = person()
    account = link(ripley.user, "github", "10015")
    settings.SOCIAL_PROVIDERS = ["facebook"]
    refused(api, ripley, account)


def test_a_usable_password_counts(api: ApiClient) -> None:
    """For sites with a password login elsewhere."""
    ripley = with_password()
    done(api, ripley, link(ripley.user))


@pytest.mark.threat(15)
def test_unless_the_operator_says_no(api: ApiClient, settings: Settings) -> None:
    """`PASSWORD_COUNTS_AS_LOGIN` off."""
    settings.PASSWORD_COUNTS_AS_LOGIN = False
    ripley = with_password()
    account, other = link(ripley.user), link(ripley.user, "github", "10015")
    done(api, ripley, other)
    refused(api, ripley, account)


@pytest.mark.threat(15)
@pytest.mark.parametrize("password", ["!", "!unusable"])
def test_an_unusable_password_does_not_count(api: ApiClient, password: str) -> None:
    """That is what a user has who was signed up here."""
    ripley = person(password=password)
    refused(api, ripley, link(ripley.user))


def test_whom_this_service_has_made(api: ApiClient, providers: Providers) -> None:
    """Has one way in, and cannot take it away."""
    body = api.sign_up(providers.knows("facebook", "t", **PROFILES["facebook"])).json()
    ripley = Person(User.objects.get(), body["token"], User.objects.get().access_tokens.get())
    refused(api, ripley, UserSocialAuth.objects.get())


def test_tokens_stay_valid(api: ApiClient, providers: Providers) -> None:
    """Disconnecting is not signing out; the identity is free, and its next sign-in is somebody new."""
    ripley = person()
    account, _ = link(ripley.user), link(ripley.user, "github", "10015")
    done(api, ripley, account)
    assert api.get("user/", token=ripley.token).status_code == 200
    fields = providers.knows("facebook", "t", **PROFILES["facebook"])
    body = api.sign_up(fields).json()
    assert (body["outcome"], body["id"] == ripley.user.pk) == ("created", False)
    assert_error(api.sign_up(fields, token=ripley.token), "account_in_use")


def test_linked_again(api: ApiClient, providers: Providers) -> None:
    """An identity can come back."""
    ripley = person()
    account, _ = link(ripley.user), link(ripley.user, "github", "10015")
    done(api, ripley, account)
    body = api.sign_up(providers.knows("facebook", "t", **PROFILES["facebook"]), token=ripley.token).json()
    assert body["outcome"] == "linked"


def test_a_body_is_not_looked_at(api: ApiClient) -> None:
    """DELETE takes none, so nothing about one can be wrong."""
    ripley = person()
    account, _ = link(ripley.user), link(ripley.user, "github", "10015")
    response = api.call(
        "DELETE", f"social_account/{account.pk}/", token=ripley.token, data=b"{nonsense", content_type="text/plain"
    )
    assert response.status_code == 204
