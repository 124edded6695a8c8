"""docs/contract.md, section 4: `provider` names an enabled one, exactly."""

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
def test_malformed(api: ApiClient, fields: dict[str, Any], fault: str) -> None:
    """What cannot be a name is a field at fault, beside any other."""
    assert_error(api.sign_up({"access_token": "t", **fields}), "invalid_request", fields={"provider": fault})
    both = {"provider": fault, "access_token": "This field may not be null."}
    assert_error(api.sign_up({"access_token": None, **fields}), "invalid_request", fields=both)


@pytest.mark.parametrize("name", UNKNOWN, ids=repr)
def test_unknown(one_api: ApiClient, name: str) -> None:
    """One and the same answer for unknown, disabled, odd and non-OAuth names; nothing is trimmed or folded."""
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
def test_unknown_before_the_tokens(one_api: ApiClient, name: str, tokens: dict[str, Any]) -> None:
    """Which fields a provider takes is no question where there is no provider."""
    assert_error(one_api.sign_up({"provider": name, **tokens}), "unknown_provider")


@pytest.mark.django_db
@pytest.mark.parametrize("name", list(PROFILES))
def test_disabled(api: ApiClient, providers: Providers, settings: Settings, name: str) -> None:
    """An operator who takes a provider away takes it away at once."""
    fields = providers.knows(name, "t", **PROFILES[name])
    assert api.sign_up(fields).status_code == 201
    settings.SOCIAL_PROVIDERS = [other for other in PROFILES if other != name]
    assert_error(api.sign_up(fields), "unknown_provider")


@pytest.mark.threat(1, 2)
@pytest.mark.parametrize("accepted", [None, 0, "0", "yes"], ids=repr)
def test_without_a_proof(api: ApiClient, settings: Settings, accepted: Any) -> None:
    """A provider whose tokens prove nothing is not there, even where the checks at the start were passed over."""
    settings.SOCIAL_PROVIDERS = ["spotify"]
    settings.SOCIAL_AUTH_SPOTIFY_KEY = settings.SOCIAL_AUTH_SPOTIFY_SECRET = "ours"
    settings.SOCIAL_AUTH_SPOTIFY_ACCEPT_UNVERIFIED = accepted
    assert_error(api.sign_up({"provider": "spotify", "access_token": "t"}), "unknown_provider")
    assert api.get("provider/").json()["objects"] == []
