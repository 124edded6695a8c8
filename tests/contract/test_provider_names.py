"""docs/contract.md, section 4: `provider` is the exact name of an enabled provider."""

from typing import Any

import pytest
from pytest_django import Settings

from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient
from tests.contract.users import PROFILES
from tests.providers import Providers

REQUIRED = "This field is required."
TEXT = "Not a valid string."
MALFORMED: dict[str, tuple[dict[str, Any], str]] = {
    "missing": ({}, REQUIRED),
    "null": ({"provider": None}, "This field may not be null."),
    "empty": ({"provider": ""}, "This field may not be blank."),
    "an integer": ({"provider": 1}, TEXT),
    "a number": ({"provider": 1.5}, TEXT),
    "true": ({"provider": True}, TEXT),
    "false": ({"provider": False}, TEXT),
    "a list": ({"provider": ["facebook"]}, TEXT),
    "an object": ({"provider": {"name": "facebook"}}, TEXT),
    "too long": ({"provider": "f" * 33}, "Ensure this field has no more than 32 characters."),
    "too long, non-ASCII": ({"provider": "é" * 33}, "Ensure this field has no more than 32 characters."),
}
UNKNOWN = [
    "nobody",
    "f" * 32,
    "é" * 32,
    " ",
    "Facebook",
    "FACEBOOK",
    " facebook",
    "facebook ",
    "facebook\n",
    "facebook\x00",
    "\x00",
    "\n",
    "facebook\u200b",
    "\uff46acebook",
    "facebook-app",
    "facebook-limited-login",
    "google-oauth",
    "google-openidconnect",
    "google-onetap",
    "google",
    "twitter-oauth2",
    "apple-id",
    "discord",
    "email",
    "username",
    "openid",
    "saml",
    "steam",
    "legacy",
    "mozilla-persona",
    "__class__",
    "get",
    "../facebook",
    "facebook/",
    "social_core.backends.facebook",
    "*",
    "%",
    "' OR 1=1 --",
    "None",
    "0",
]


@pytest.mark.parametrize(("fields", "fault"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_name_is_an_invalid_field(api: ApiClient, fields: dict[str, Any], fault: str) -> None:
    """A malformed name is an invalid field, named with the other invalid fields."""
    assert_error(api.sign_up({"access_token": "t", **fields}), "invalid_request", fields={"provider": fault})
    both = {"provider": fault, "access_token": "This field may not be null."}
    assert_error(api.sign_up({"access_token": None, **fields}), "invalid_request", fields=both)


@pytest.mark.parametrize("name", UNKNOWN, ids=repr)
def test_an_unknown_name_is_an_unknown_provider(one_api: ApiClient, name: str) -> None:
    """Unknown, disabled, odd and non-OAuth names have one answer; a name is neither trimmed nor case-folded."""
    assert_error(one_api.sign_up({"provider": name, "access_token": "t"}), "unknown_provider")


@pytest.mark.parametrize(
    "tokens",
    [
        {},
        {"access_token": None},
        {"access_token": 7, "access_token_secret": []},
        {"id_token": "", "nonce": 7},
        {"first_name": "x" * 999, "last_name": None},
    ],
    ids=["none", "null", "of the wrong type", "an id token", "names"],
)
@pytest.mark.parametrize("name", ["nobody", "apple-id", "f" * 32])
def test_an_unknown_provider_is_reported_before_token_fields(
    one_api: ApiClient, name: str, tokens: dict[str, Any]
) -> None:
    """Token fields depend on the provider, so they are not checked without one."""
    assert_error(one_api.sign_up({"provider": name, **tokens}), "unknown_provider")


@pytest.mark.django_db
@pytest.mark.parametrize("name", list(PROFILES))
def test_a_disabled_provider_is_unknown_at_once(
    api: ApiClient, providers: Providers, settings: Settings, name: str
) -> None:
    """A provider that the operator disables is unknown at once."""
    fields = providers.knows(name, "t", **PROFILES[name])
    assert api.sign_up(fields).status_code == 201
    settings.SOCIAL_PROVIDERS = [other for other in PROFILES if other != name]
    assert_error(api.sign_up(fields), "unknown_provider")


@pytest.mark.threat(1, 2)
@pytest.mark.parametrize("accepted", [None, 0, "0", "yes"], ids=repr)
def test_a_provider_that_cannot_prove_a_token_is_unknown(api: ApiClient, settings: Settings, accepted: Any) -> None:
    """A provider whose tokens cannot be verified is unknown, even if the system checks did not run."""
    settings.SOCIAL_PROVIDERS = ["spotify"]
    settings.SOCIAL_AUTH_SPOTIFY_KEY = settings.SOCIAL_AUTH_SPOTIFY_SECRET = "ours"
    settings.SOCIAL_AUTH_SPOTIFY_ACCEPT_UNVERIFIED = accepted
    assert_error(api.sign_up({"provider": "spotify", "access_token": "t"}), "unknown_provider")
    assert api.get("provider/").json()["objects"] == []
