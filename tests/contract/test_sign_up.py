"""docs/contract.md, section 4: sign up, sign in and link are one call with three outcomes."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from social_django.models import UserSocialAuth

from social.models import AccessToken
from tests.contract.conftest import ApiClient
from tests.contract.users import PROFILES, UID_KEYS, all_rows, link, person
from tests.providers import Providers

pytestmark = pytest.mark.django_db

KEYS = [
    "id",
    "username",
    "email",
    "first_name",
    "last_name",
    "resource_uri",
    "provider",
    "outcome",
    "token",
    "token_expires_at",
]
NEW_USERS = {
    "facebook": ("EllenRipley", "ripley@example.com", "Ellen", "Ripley"),
    "twitter": ("ripley", "", "Ellen", "Ripley"),
    "instagram": ("ripley", "", "", ""),
    "google-oauth2": ("ripley", "ripley@example.com", "Ellen", "Ripley"),
    "github": ("ripley", "ripley@example.com", "Ellen", "Ripley"),
}
EACH_PROVIDER = pytest.mark.parametrize("provider", PROFILES)


def uid_of(provider: str) -> str:
    return str(PROFILES[provider][UID_KEYS[provider]])


@EACH_PROVIDER
def test_an_unknown_identity_creates_a_user(api: ApiClient, providers: Providers, provider: str) -> None:
    """A new user has the provider's names, one association and one token."""
    response = api.sign_up(providers.knows(provider, "t", **PROFILES[provider]))
    body = response.json()
    user = User.objects.get()
    assert (response.status_code, list(body)) == (201, KEYS)
    username, email, first_name, last_name = NEW_USERS[provider]
    assert body == {
        "id": user.pk,
        "username": username,
        "email": email,
        "first_name": first_name,
        "last_name": last_name,
        "resource_uri": f"{api.prefix}user/{user.pk}/",
        "provider": provider,
        "outcome": "created",
        "token": body["token"],
        "token_expires_at": body["token_expires_at"],
    }
    assert response["Location"] == body["resource_uri"]
    assert [(row.user, row.provider, row.uid) for row in UserSocialAuth.objects.all()] == [
        (user, provider, uid_of(provider))
    ]
    assert AccessToken.objects.get().user == user
    assert (user.is_active, user.is_staff, user.is_superuser, user.has_usable_password()) == (True, False, False, False)
    assert api.get("user/", token=body["token"]).json()["objects"][0]["id"] == user.pk


@EACH_PROVIDER
def test_a_known_identity_signs_in(api: ApiClient, providers: Providers, provider: str) -> None:
    """A known identity signs in its user each time, with a new token each time."""
    ripley = person("lieutenant", first_name="E.", last_name="R.", email="own@example.com")
    link(ripley.user, provider, uid_of(provider))
    before = all_rows()
    for _ in range(2):
        response = api.sign_up(providers.knows(provider, "t", **PROFILES[provider]))
        body = response.json()
        assert response.status_code == 201
        assert response["Location"] == body["resource_uri"] == f"{api.prefix}user/{ripley.user.pk}/"
        assert (body["id"], body["username"], body["outcome"]) == (ripley.user.pk, "lieutenant", "signed_in")
        assert (body["email"], body["first_name"], body["last_name"]) == ("own@example.com", "E.", "R.")
        assert api.get("user/", token=body["token"]).status_code == 200
    after = all_rows()
    assert after["auth.User"] == before["auth.User"]
    assert len(after["social_django.UserSocialAuth"]) == 1
    assert len(after["social.AccessToken"]) == 3


@EACH_PROVIDER
def test_credentials_link_an_unknown_identity(api: ApiClient, providers: Providers, provider: str) -> None:
    """With credentials an unknown identity is linked to the actor; no token is issued and no other row changes."""
    ripley = person("lieutenant", email="own@example.com")
    before = all_rows()
    response = api.sign_up(providers.knows(provider, "t", **PROFILES[provider]), token=ripley.token)
    assert (response.status_code, list(response.json())) == (201, KEYS)
    assert response.json() == {
        "id": ripley.user.pk,
        "username": "lieutenant",
        "email": "own@example.com",
        "first_name": "",
        "last_name": "",
        "resource_uri": f"{api.prefix}user/{ripley.user.pk}/",
        "provider": provider,
        "outcome": "linked",
        "token": None,
        "token_expires_at": None,
    }
    assert response["Location"] == response.json()["resource_uri"]
    after = all_rows()
    assert [(row["user_id"], row["uid"]) for row in after.pop("social_django.UserSocialAuth")] == [
        (ripley.user.pk, uid_of(provider))
    ]
    assert before.pop("social_django.UserSocialAuth") == []
    assert after == before


@EACH_PROVIDER
def test_linking_an_own_identity_again_is_a_sign_in(api: ApiClient, providers: Providers, provider: str) -> None:
    """Linking the same identity again is `signed_in`; no row is created, and only the proof of the token is new."""
    ripley = person()
    fields = providers.knows(provider, "t", **PROFILES[provider])
    api.sign_up(fields, token=ripley.token)
    before = all_rows()["auth.User"], len(all_rows()["social_django.UserSocialAuth"]), all_rows()["social.AccessToken"]
    assert before[2][0].pop("proved_at") is None
    body = api.sign_up(fields, token=ripley.token).json()
    assert (body["id"], body["outcome"], body["token"], body["token_expires_at"]) == (
        ripley.user.pk,
        "signed_in",
        None,
        None,
    )
    after = all_rows()["auth.User"], len(all_rows()["social_django.UserSocialAuth"]), all_rows()["social.AccessToken"]
    assert after[2][0].pop("proved_at") is not None
    assert after == before


def test_identities_of_several_providers_sign_in_one_user(api: ApiClient, providers: Providers) -> None:
    """A user who signed up at one provider and linked the others can sign in with any of them."""
    first = api.sign_up(providers.knows("facebook", "t", **PROFILES["facebook"])).json()
    others = [name for name in PROFILES if name != "facebook"]
    for name in others:
        linked = api.sign_up(providers.knows(name, "t", **PROFILES[name]), token=first["token"]).json()
        assert (linked["id"], linked["outcome"]) == (first["id"], "linked")
    for name in PROFILES:
        again = api.sign_up(providers.knows(name, "t", **PROFILES[name])).json()
        assert (again["id"], again["outcome"], again["provider"]) == (first["id"], "signed_in", name)


@pytest.mark.threat(12)
def test_two_identities_of_one_provider_sign_in_one_user(api: ApiClient, providers: Providers) -> None:
    """Both identities sign in the same user, with and without credentials."""
    ripley = person()
    accounts = [providers.knows("facebook", f"t{number}", id=f"1001{number}", name="E") for number in range(3)]
    for fields in accounts:
        assert api.sign_up(fields, token=ripley.token).json()["outcome"] == "linked"
    for fields in accounts:
        signed_in = api.sign_up(fields).json()
        assert (signed_in["id"], signed_in["outcome"]) == (ripley.user.pk, "signed_in")
        assert api.sign_up(fields, token=ripley.token).json()["outcome"] == "signed_in"
    listed = api.get("social_account/", token=ripley.token).json()["objects"]
    assert [account["uid"] for account in listed] == ["10010", "10011", "10012"]


def test_the_same_id_at_two_providers_is_two_users(api: ApiClient, providers: Providers) -> None:
    """An id is unique only within its provider."""
    one = api.sign_up(providers.knows("facebook", "t", id="7", name="Ash")).json()
    two = api.sign_up(providers.knows("github", "t", id=7, login="bishop")).json()
    assert (one["outcome"], two["outcome"]) == ("created", "created")
    assert one["id"] != two["id"]


def test_a_token_expires_after_90_days(api: ApiClient, providers: Providers) -> None:
    """`token_expires_at` is now plus the default of `TOKEN_TTL`, in whole seconds."""
    body = api.sign_up(providers.knows("facebook", "t", **PROFILES["facebook"])).json()
    [row] = AccessToken.objects.all()
    assert row.expires_at is not None
    assert body["token_expires_at"] == row.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert abs(row.expires_at - timezone.now() - timedelta(days=90)) < timedelta(minutes=1)
