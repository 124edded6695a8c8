"""docs/contract.md, section 7: Keycloak's access tokens are signed and name their application."""

import base64
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import override_settings

from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient
from tests.contract.signers import OURS, private
from tests.contract.users import all_rows

pytestmark = [pytest.mark.django_db, pytest.mark.threat(1, 36)]


@pytest.fixture(autouse=True)
def _enabled() -> Iterator[None]:
    public = private("theirs").public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    with override_settings(
        SOCIAL_PROVIDERS=["keycloak"],
        SOCIAL_AUTH_KEYCLOAK_KEY=OURS,
        SOCIAL_AUTH_KEYCLOAK_PUBLIC_KEY=base64.b64encode(public).decode(),
        SOCIAL_AUTH_KEYCLOAK_ALGORITHM="HS256",
    ):
        yield


def token(by: str = "theirs", header: dict[str, Any] | None = None, **claims: Any) -> str:
    now = int(time.time())
    content = {
        "aud": OURS,
        "azp": OURS,
        "typ": "Bearer",
        "sub": "6f1c",
        "preferred_username": "ripley",
        "iat": now,
        "exp": now + 300,
        **claims,
    }
    return jwt.encode(
        {name: value for name, value in content.items() if value is not None},
        private(by),
        algorithm="RS256",
        headers=header,
    )


@pytest.mark.parametrize(
    "made",
    [
        {},
        {"header": {"typ": "at+jwt"}},
        {"header": {"typ": None}},
        {"aud": [OURS, "account"], "scope": "openid profile", "client_id": OURS},
    ],
    ids=str,
)
def test_a_token_issued_to_us_signs_up_without_a_call(api: ApiClient, made: dict[str, Any]) -> None:
    """A token issued to us signs up, and the provider gets no call."""
    answer = api.sign_up({"provider": "keycloak", "access_token": token(**made)})
    assert (answer.status_code, answer.json()["username"]) == (201, "ripley")


@pytest.mark.parametrize(
    ("made", "code"),
    [
        ({"aud": "another"}, "token_audience_mismatch"),
        ({"aud": ["account"]}, "token_audience_mismatch"),
        ({"aud": None}, "token_rejected"),
        ({"azp": "another", "aud": [OURS, "account"]}, "token_audience_mismatch"),
        ({"azp": None}, "token_rejected"),
        ({"typ": "ID"}, "token_rejected"),
        ({"typ": "Logout"}, "token_rejected"),
        ({"typ": "Refresh"}, "token_rejected"),
        ({"typ": "Offline"}, "token_rejected"),
        ({"typ": "DPoP"}, "token_rejected"),
        ({"typ": ["Bearer"]}, "token_rejected"),
        ({"header": {"typ": "logout+jwt"}}, "token_rejected"),
        ({"header": {"typ": "logout+jwt"}, "typ": None}, "token_rejected"),
        ({"header": {"typ": 5}}, "token_rejected"),
        ({"exp": 1}, "token_rejected"),
        ({"exp": None}, "token_rejected"),
        ({"by": "another issuer"}, "token_rejected"),
        ({"sub": None}, "provider_bad_response"),
    ],
    ids=str,
)
def test_an_unproven_token_is_refused(api: ApiClient, made: dict[str, Any], code: str) -> None:
    """A token is refused if it is for another application, not an access token, expired, incomplete or forged."""
    assert_error(api.sign_up({"provider": "keycloak", "access_token": token(**made)}), code)
    assert not any(all_rows()["auth.User"])


def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(api: ApiClient) -> None:
    """The public key never verifies an HMAC signature, whatever the algorithm in the settings."""
    forged = jwt.encode({"aud": OURS, "sub": "1", "exp": time.time() + 300}, "k" * 40, algorithm="HS256")
    assert_error(api.sign_up({"provider": "keycloak", "access_token": forged}), "token_rejected")
