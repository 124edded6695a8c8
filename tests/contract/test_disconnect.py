"""docs/contract.md, section 5: an identity can be disconnected unless it is the last login method."""

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


def disconnect(api: ApiClient, ripley: Person, account: UserSocialAuth) -> None:
    response = api.delete(f"social_account/{account.pk}/", token=ripley.token)
    assert (response.status_code, response.content) == (204, b"")
    assert not UserSocialAuth.objects.filter(pk=account.pk).exists()


def test_one_of_two_identities_can_be_disconnected(api: ApiClient) -> None:
    """Only this identity is removed; the other is then the last one and stays."""
    ripley = person()
    first, second = link(ripley.user), link(ripley.user, "github", "10015")
    disconnect(api, ripley, first)
    assert [one["id"] for one in api.get("social_account/", token=ripley.token).json()["objects"]] == [second.pk]
    assert_error(api.get(f"social_account/{first.pk}/", token=ripley.token), "not_found")
    refused(api, ripley, second)


@pytest.mark.threat(15)
def test_the_last_identity_cannot_be_disconnected(api: ApiClient) -> None:
    """The answer is 409 each time; identities of other users do not count."""
    ripley = person()
    account = link(ripley.user)
    link(person("parker").user, "github", "10015")
    refused(api, ripley, account)
    refused(api, ripley, account)


@pytest.mark.threat(12)
def test_two_identities_of_one_provider_are_two_login_methods(api: ApiClient) -> None:
    """The second identity at the same provider is a login method."""
    ripley = person()
    first, second = link(ripley.user, uid="1"), link(ripley.user, uid="2")
    disconnect(api, ripley, second)
    refused(api, ripley, first)


@pytest.mark.threat(15)
def test_an_identity_of_a_disabled_provider_is_no_login_method(api: ApiClient, settings: Settings) -> None:
    """An identity of a disabled provider does not count, and can be removed while another one counts."""
    ripley = person()
    account, dead = link(ripley.user), link(ripley.user, "github", "10015")
    settings.SOCIAL_PROVIDERS = ["facebook"]
    refused(api, ripley, account)
    disconnect(api, ripley, dead)


def test_the_last_identity_cannot_be_disconnected_if_its_provider_is_disabled(
    api: ApiClient, settings: Settings
) -> None:
    """The last identity is kept even if all providers are disabled."""
    ripley = person()
    account = link(ripley.user, "github", "10015")
    settings.SOCIAL_PROVIDERS = ["facebook"]
    refused(api, ripley, account)


def test_a_usable_password_is_a_login_method(api: ApiClient) -> None:
    """A usable password counts: the site may have a password login elsewhere."""
    ripley = with_password()
    disconnect(api, ripley, link(ripley.user))


@pytest.mark.threat(15)
def test_a_password_does_not_count_if_the_setting_is_off(api: ApiClient, settings: Settings) -> None:
    """With `PASSWORD_COUNTS_AS_LOGIN` off, a usable password does not count."""
    settings.PASSWORD_COUNTS_AS_LOGIN = False
    ripley = with_password()
    account, other = link(ripley.user), link(ripley.user, "github", "10015")
    disconnect(api, ripley, other)
    refused(api, ripley, account)


@pytest.mark.threat(15)
@pytest.mark.parametrize("password", ["!", "!unusable"])
def test_an_unusable_password_is_no_login_method(api: ApiClient, password: str) -> None:
    """Users who signed up with this service have an unusable password."""
    ripley = person(password=password)
    refused(api, ripley, link(ripley.user))


def test_a_new_user_cannot_disconnect_their_only_identity(api: ApiClient, providers: Providers) -> None:
    """A user created by a sign-up has one login method and cannot remove it."""
    body = api.sign_up(providers.knows("facebook", "t", **PROFILES["facebook"])).json()
    ripley = Person(User.objects.get(), body["token"], User.objects.get().access_tokens.get())
    refused(api, ripley, UserSocialAuth.objects.get())


def test_disconnecting_keeps_tokens_valid(api: ApiClient, providers: Providers) -> None:
    """Tokens stay valid, and the next sign-in with the identity creates a new user."""
    ripley = person()
    account, _ = link(ripley.user), link(ripley.user, "github", "10015")
    disconnect(api, ripley, account)
    assert api.get("user/", token=ripley.token).status_code == 200
    fields = providers.knows("facebook", "t", **PROFILES["facebook"])
    body = api.sign_up(fields).json()
    assert (body["outcome"], body["id"] == ripley.user.pk) == ("created", False)
    assert_error(api.sign_up(fields, token=ripley.token), "account_in_use")


def test_a_disconnected_identity_can_be_linked_again(api: ApiClient, providers: Providers) -> None:
    """An identity can be linked again after it was disconnected."""
    ripley = person()
    account, _ = link(ripley.user), link(ripley.user, "github", "10015")
    disconnect(api, ripley, account)
    body = api.sign_up(providers.knows("facebook", "t", **PROFILES["facebook"]), token=ripley.token).json()
    assert body["outcome"] == "linked"


def test_delete_ignores_a_body(api: ApiClient) -> None:
    """DELETE takes no body, so an invalid one is no error."""
    ripley = person()
    account, _ = link(ripley.user), link(ripley.user, "github", "10015")
    response = api.call(
        "DELETE", f"social_account/{account.pk}/", token=ripley.token, data=b"{nonsense", content_type="text/plain"
    )
    assert response.status_code == 204
