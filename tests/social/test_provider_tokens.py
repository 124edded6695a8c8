"""A provider token is stored encrypted or not at all (docs/contract.md, section 7; docs/threats.md, row 30)."""

import json
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.test import override_settings
from social_django.models import UserSocialAuth

from social.provider_token_storage import decrypt, encrypt
from social.provider_tokens import TokenUnreadable, get_provider_token
from tests.providers import Providers
from tests.social.profiles import PROFILES, signed_up

pytestmark = pytest.mark.django_db(transaction=True)

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))
KEPT = {
    "facebook": "canary-token",
    "google-oauth2": "canary-token",
    "github": "canary-token",
    # The exchanged token is stored: it is valid for sixty days, the client's for an hour.
    "instagram": "long-canary-token",
    "twitter": {"oauth_token": "canary-token", "oauth_token_secret": "secret-of-canary-token"},
}


def stored() -> str:
    """Return all associations as text."""
    return json.dumps(list(UserSocialAuth.objects.values("uid", "extra_data")), default=str)


@pytest.mark.threat(30)
@pytest.mark.parametrize("provider", PROFILES)
def test_a_token_is_stored_encrypted(providers: Providers, provider: str) -> None:
    """With a key the token is stored, also if the provider's answer does not repeat it."""
    with override_settings(PROVIDER_TOKEN_KEYS=[NEW]):
        signed_in = signed_up(providers, provider)
        assert get_provider_token(user=signed_in.user, provider=provider) == KEPT[provider]
    assert "canary" not in stored()


@pytest.mark.threat(30)
@pytest.mark.parametrize("provider", PROFILES)
def test_without_a_key_no_token_is_stored(providers: Providers, provider: str) -> None:
    """Without a key the token is not stored, not even in plain text."""
    signed_in = signed_up(providers, provider)
    signed_up(providers, provider)
    assert "canary" not in stored()
    assert get_provider_token(user=signed_in.user, provider=provider) is None


def test_the_latest_token_is_stored(providers: Providers) -> None:
    """Each sign-in replaces the stored token."""
    with override_settings(PROVIDER_TOKEN_KEYS=[NEW]):
        user = signed_up(providers, "facebook", token="first").user
        signed_up(providers, "facebook", token="second")
        assert get_provider_token(user=user, provider="facebook") == "second"


@pytest.mark.threat(30)
def test_a_key_is_rotated_by_putting_a_new_one_in_front(providers: Providers) -> None:
    """The old key still decrypts and the new key encrypts; a token under a missing key is an error."""
    with override_settings(PROVIDER_TOKEN_KEYS=[OLD]):
        user = signed_up(providers, "facebook").user
    with override_settings(PROVIDER_TOKEN_KEYS=[NEW, OLD]):
        assert get_provider_token(user=user, provider="facebook") == "canary-token"
        signed_up(providers, "facebook", token="newer")
    with override_settings(PROVIDER_TOKEN_KEYS=[NEW]):
        assert get_provider_token(user=user, provider="facebook") == "newer"
    with override_settings(PROVIDER_TOKEN_KEYS=[OLD]), pytest.raises(TokenUnreadable):
        get_provider_token(user=user, provider="facebook")


def test_each_association_has_its_own_token(providers: Providers) -> None:
    """The uid selects the association; without it the first one is used, and None means no token."""
    with override_settings(PROVIDER_TOKEN_KEYS=[NEW]):
        user = signed_up(providers, "facebook", token="one").user
        signed_up(providers, "facebook", token="two", actor=user, id="10012")
        assert get_provider_token(user=user, provider="facebook") == "one"
        assert get_provider_token(user=user, provider="facebook", uid="10012") == "two"
        assert get_provider_token(user=user, provider="facebook", uid="10013") is None
        assert get_provider_token(user=user, provider="github") is None


@pytest.mark.parametrize("value", ["", "token", {"oauth_token": "a"}, "Ł" * 100])
def test_an_encrypted_value_is_decrypted(value: Any) -> None:
    """The same value is never encrypted to the same text twice."""
    with override_settings(PROVIDER_TOKEN_KEYS=[NEW]):
        first, second = encrypt(value), encrypt(value)
        assert decrypt(first) == decrypt(second) == value
    assert first != second


@pytest.mark.threat(30)
@pytest.mark.parametrize("kept", ["fernet:", "fernet:nonsense", "fernet:" + "A" * 100])
def test_a_malformed_value_is_unreadable(kept: str) -> None:
    """Every malformed value raises the same error."""
    with override_settings(PROVIDER_TOKEN_KEYS=[NEW]), pytest.raises(TokenUnreadable):
        decrypt(kept)


def test_a_plain_token_of_an_earlier_release_is_returned(providers: Providers) -> None:
    """Rows from before the encryption can still be read."""
    user = signed_up(providers, "facebook").user
    UserSocialAuth.objects.update(extra_data={"access_token": "in clear", "id": "10011"})
    assert get_provider_token(user=user, provider="facebook") == "in clear"
