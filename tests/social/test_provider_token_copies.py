"""A token that a provider repeats in other fields is not stored there (docs/threats.md, row 30)."""

import json
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.test import override_settings
from social_django.models import UserSocialAuth

from shared.contract.sign_up import Credential
from social.provider_token_storage import decrypt, protect_extra_data
from social.provider_tokens import get_provider_token
from social.sign_up import sign_up
from tests.providers import Providers
from tests.social.profiles import PROFILES

pytestmark = pytest.mark.threat(30)

KEY = Fernet.generate_key().decode()
TOKEN = "canary-token-that-is-long-enough"
REPEATED = {
    "token": TOKEN,
    "picture": f"https://example.com/picture?access_token={TOKEN}",
    "nonce": "canary-nonce",
    "user": {"access_token": TOKEN, "again": TOKEN, "id": "10011"},
    "list": [TOKEN, {"token": TOKEN}, "10011"],
    "refresh_token": "canary-refresh-token-that-is-long-enough",
}


@pytest.mark.parametrize("keys", [[], [KEY]], ids=["without keys", "with a key"])
@pytest.mark.parametrize("token", [TOKEN, {"oauth_token": TOKEN, "oauth_token_secret": "s" * 20}], ids=["one", "pair"])
def test_copies_of_a_token_are_removed(keys: list[str], token: Any) -> None:
    """Copies are removed at any depth and inside other texts; ids are kept."""
    with override_settings(PROVIDER_TOKEN_KEYS=keys):
        copies = {**REPEATED, "renewal": REPEATED["refresh_token"]}
        kept = protect_extra_data({"id": "10011", **copies}, token=token, exchange=REPEATED)
        assert "canary" not in json.dumps(kept)
        assert kept["id"] == kept["user"]["id"] == kept["list"][-1] == "10011"
        assert ("access_token" in kept) == bool(keys)
        if keys:
            assert decrypt(kept["access_token"]) == token
            assert decrypt(kept["refresh_token"]) == REPEATED["refresh_token"]


def test_a_short_token_removes_nothing_else() -> None:
    """A token of two characters occurs in many other values."""
    with override_settings(PROVIDER_TOKEN_KEYS=[]):
        assert protect_extra_data({"id": "10011", "login": "ripley"}, token="10") == {"id": "10011", "login": "ripley"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("keys", [[], [KEY]], ids=["without keys", "with a key"])
def test_the_whole_response_can_be_stored_without_the_token(providers: Providers, keys: list[str]) -> None:
    """With GET_ALL_EXTRA_DATA everything is stored except copies of the token."""
    copies: dict[str, Any] = {name: value for name, value in REPEATED.items() if name != "token"}
    with override_settings(PROVIDER_TOKEN_KEYS=keys, SOCIAL_AUTH_FACEBOOK_GET_ALL_EXTRA_DATA=True):
        fields = providers.knows("facebook", TOKEN, **{**PROFILES["facebook"], **copies})
        user = sign_up(credential=Credential(**fields), token=None, api_version="tests").user
        [kept] = UserSocialAuth.objects.values_list("extra_data", flat=True)
        assert "canary" not in json.dumps(kept)
        assert kept["name"] == "Ellen Ripley"
        assert get_provider_token(user=user, provider="facebook") == (TOKEN if keys else None)
