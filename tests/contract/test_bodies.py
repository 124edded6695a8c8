"""docs/contract.md, section 5: every response body, to the byte."""

import json
from datetime import UTC, datetime

import pytest
from pytest_django import Settings
from social_django.models import UserSocialAuth

from tests.contract.conftest import ApiClient
from tests.contract.users import Person, link, person

pytestmark = pytest.mark.django_db

MOMENT = datetime(2026, 11, 23, 20, 0, 0, 999_999, tzinfo=UTC)
LATER = datetime(2096, 2, 21, 20, 30, 15, 1, tzinfo=UTC)


def text(value: object) -> bytes:
    """Return the bytes of a body, with its keys in this order."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def listed(*objects: object) -> bytes:
    """Return the bytes of a list that fits one page."""
    meta = {"limit": 20, "next": None, "offset": 0, "previous": None, "total_count": len(objects)}
    return text({"meta": meta, "objects": list(objects)})


def user_of(api: ApiClient, someone: Person) -> dict[str, object]:
    user = someone.user
    return {
        "id": user.pk,
        "username": "ripley",
        "email": "ripley@example.com",
        "first_name": "Ellen",
        "last_name": "Ripley",
        "resource_uri": f"{api.prefix}user/{user.pk}/",
    }


@pytest.fixture
def ripley() -> Person:
    """Return the user of the contract's samples."""
    ripley = person("ripley", email="ripley@example.com", first_name="Ellen", last_name="Ripley")
    type(ripley.row).objects.update(created=MOMENT, expires_at=LATER)
    ripley.row.refresh_from_db()
    return ripley


def test_the_root_lists_all_resources(api: ApiClient) -> None:
    """The resources are ordered by name, as old clients expect."""
    resources = ["provider", "social_account", "social_sign_up", "token", "user"]
    expected = text({name: {"list_endpoint": f"{api.prefix}{name}/"} for name in resources})
    assert api.get("").content == expected


def test_the_list_of_providers_is_public(api: ApiClient, settings: Settings) -> None:
    """Each provider has its name, its protocol and the fields that it accepts, ordered by name."""
    settings.SOCIAL_PROVIDERS = ["twitter", "instagram", "github"]
    assert api.get("provider/").content == listed(
        {"name": "github", "protocol": "oauth2", "accepts": [["access_token"]]},
        {"name": "instagram", "protocol": "oauth2", "accepts": [["access_token"]]},
        {"name": "twitter", "protocol": "oauth1", "accepts": [["access_token", "access_token_secret"]]},
    )


def test_facebook_and_google_accept_an_access_token(api: ApiClient) -> None:
    """Facebook and Google accept an access token, whatever else they accept."""
    found = {one["name"]: one for one in api.get("provider/").json()["objects"]}
    for name in ("facebook", "google-oauth2"):
        assert list(found[name]) == ["name", "protocol", "accepts"]
        assert found[name]["protocol"] == "oauth2"
        assert found[name]["accepts"][0] == ["access_token"]


def test_without_providers_the_list_is_empty(api: ApiClient, settings: Settings) -> None:
    """A service without providers answers with an empty list."""
    settings.SOCIAL_PROVIDERS = []
    assert api.get("provider/").content == listed()


def test_a_user_sees_their_own_row(api: ApiClient, ripley: Person) -> None:
    """A user sees their own row, as a detail and as a list of one."""
    assert api.get("user/", token=ripley.token).content == listed(user_of(api, ripley))
    assert api.get(f"user/{ripley.user.pk}/", token=ripley.token).content == text(user_of(api, ripley))


def test_unknown_values_are_empty_strings(api: ApiClient) -> None:
    """An unknown value is an empty string; it is never null and never left out."""
    nobody = person("nobody")
    assert api.get(f"user/{nobody.user.pk}/", token=nobody.token).content == text(
        {
            "id": nobody.user.pk,
            "username": "nobody",
            "email": "",
            "first_name": "",
            "last_name": "",
            "resource_uri": f"{api.prefix}user/{nobody.user.pk}/",
        }
    )


def test_a_user_sees_their_associations(api: ApiClient, ripley: Person) -> None:
    """Associations are ordered by id and include those of disabled providers."""
    accounts = [link(ripley.user, "twitter", "10012"), link(ripley.user), link(ripley.user, "gone", "é/1")]
    link(person("parker").user, "facebook", "666")
    UserSocialAuth.objects.update(created=MOMENT)
    expected = [
        {
            "id": account.pk,
            "provider": provider,
            "uid": uid,
            "created": "2026-11-23T20:00:00Z",
            "resource_uri": f"{api.prefix}social_account/{account.pk}/",
        }
        for account, provider, uid in zip(
            accounts, ["twitter", "facebook", "gone"], ["10012", "10011", "é/1"], strict=True
        )
    ]
    assert api.get("social_account/", token=ripley.token).content == listed(*expected)
    for account, body in zip(accounts, expected, strict=True):
        assert api.get(f"social_account/{account.pk}/", token=ripley.token).content == text(body)


def test_a_user_sees_their_tokens_without_the_values(api: ApiClient, ripley: Person) -> None:
    """Times have whole seconds, and null stands for never."""
    other = type(ripley.row).objects.create(
        user=ripley.user, digest="0" * 64, created=MOMENT, last_used=MOMENT, expires_at=None, imported=True
    )
    person("parker")
    last_used = ripley.row.last_used.strftime("%Y-%m-%dT%H:%M:%SZ")
    one = {
        "id": ripley.row.pk,
        "created": "2026-11-23T20:00:00Z",
        "last_used": last_used,
        "expires_at": "2096-02-21T20:30:15Z",
        "current": True,
        "resource_uri": f"{api.prefix}token/{ripley.row.pk}/",
    }
    two = {
        "id": other.pk,
        "created": "2026-11-23T20:00:00Z",
        "last_used": "2026-11-23T20:00:00Z",
        "expires_at": None,
        "current": False,
        "resource_uri": f"{api.prefix}token/{other.pk}/",
    }
    assert api.get("token/", token=ripley.token).content == listed(one, two)
    assert api.get("token/current/", token=ripley.token).content == text(one)
    assert api.get(f"token/{ripley.row.pk}/", token=ripley.token).content == text(one)
    assert api.get(f"token/{other.pk}/", token=ripley.token).content == text(two)


def test_times_are_utc(api: ApiClient, ripley: Person, settings: Settings) -> None:
    """Times are UTC, whatever the time zone of the project."""
    settings.TIME_ZONE = "Pacific/Auckland"
    assert api.get("token/current/", token=ripley.token).json()["created"] == "2026-11-23T20:00:00Z"
