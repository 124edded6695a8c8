"""docs/contract.md, section 7: Keycloak's access tokens are signed and name their application."""

import base64
import string
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import override_settings

from social.models import AccessToken
from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient
from tests.contract.signers import OURS, private
from tests.contract.users import all_rows

pytestmark = [pytest.mark.django_db, pytest.mark.threat(1, 36)]


def settings() -> dict[str, str]:
    """Return the settings of a realm that signs with `private("theirs")`."""
    public = private("theirs").public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {
        "SOCIAL_AUTH_KEYCLOAK_KEY": OURS,
        "SOCIAL_AUTH_KEYCLOAK_PUBLIC_KEY": base64.b64encode(public).decode(),
        "SOCIAL_AUTH_KEYCLOAK_ALGORITHM": "HS256",
    }


@pytest.fixture(autouse=True)
def _enabled() -> Iterator[None]:
    with override_settings(SOCIAL_PROVIDERS=["keycloak"], **settings()):
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


def spellings(jws: str) -> list[str]:
    """Return a token with its signature padded, in the other alphabet of base64, and with other spare bits."""
    signed, _, signature = jws.rpartition(".")
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    # Of the last of 342 characters, which hold 256 bytes, four bits are spare.
    last = alphabet[alphabet.index(signature[-1]) ^ 1]
    others = (f"{signature}==", f"{signature}=", signature.translate({45: "+", 95: "/"}), f"{signature[:-1]}{last}")
    return [f"{signed}.{other}" for other in others]


@pytest.mark.threat(63)
def test_a_token_is_one_credential_however_it_is_spelt(api: ApiClient) -> None:
    """A library may accept its signature in several spellings; each is the same credential, or is refused."""
    presented = token()
    answers = [api.sign_up({"provider": "keycloak", "access_token": one}) for one in (presented, *spellings(presented))]
    assert answers[0].status_code == 201
    for answer in answers[1:]:
        if answer.status_code != 201:
            assert_error(answer, "token_rejected")
    assert len(set(AccessToken.objects.values_list("credential_digest", flat=True))) == 1


def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(api: ApiClient) -> None:
    """The public key never verifies an HMAC signature, whatever the algorithm in the settings."""
    forged = jwt.encode({"aud": OURS, "sub": "1", "exp": time.time() + 300}, "k" * 40, algorithm="HS256")
    assert_error(api.sign_up({"provider": "keycloak", "access_token": forged}), "token_rejected")
