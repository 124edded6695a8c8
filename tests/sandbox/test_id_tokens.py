from typing import Any

import jwt
import pytest

from sandbox.providers import PROVIDERS
from sandbox.providers.microsoft import TENANT
from sandbox.registrations import OURS
from tests.sandbox import calls
from tests.sandbox.calls import Grant

KEYS = {
    "facebook": "facebook/limited/.well-known/oauth/openid/jwks/",
    "google-oauth2": "google-oauth2/www/oauth2/v3/certs",
    "apple-id": "apple-id/auth/keys",
    "linkedin-openidconnect": "linkedin-openidconnect/www/oauth/openid/jwks",
    "azuread-v2-tenant-oauth2": f"azuread-v2-tenant-oauth2/{TENANT}/discovery/v2.0/keys",
    "oidc": "oidc/jwks",
}

ISSUERS = {
    "facebook": "https://www.facebook.com",
    "google-oauth2": "https://accounts.google.com",
    "apple-id": "https://appleid.apple.com",
    "linkedin-openidconnect": "https://www.linkedin.com/oauth",
    "azuread-v2-tenant-oauth2": f"https://login.microsoftonline.com/{TENANT}/v2.0",
    "oidc": "https://login.example.com",
}

EACH_PROVIDER = pytest.mark.parametrize("provider", KEYS)


def _verified(sandbox: str, provider: str, id_token: str) -> dict[str, Any]:
    """Return the claims after the checks that a service must make."""
    keys = jwt.PyJWKSet.from_dict(calls.get(f"{sandbox}/{KEYS[provider]}").json())
    try:
        key = keys[jwt.get_unverified_header(id_token)["kid"]]
    except KeyError:
        raise jwt.InvalidKeyError from None
    audience, issuer = OURS[provider].client_id, ISSUERS[provider]
    return jwt.decode(id_token, key.key, algorithms=["RS256"], audience=audience, issuer=issuer)


def test_every_issuer_is_tested() -> None:
    """Every provider with id_tokens is in the table above, with its issuer."""
    assert {provider.name: provider.issuer for provider in PROVIDERS if provider.issuer} == ISSUERS


@EACH_PROVIDER
def test_a_valid_id_token(sandbox: str, grant: Grant, provider: str) -> None:
    """It is verified with the published keys, our client id and the issuer."""
    claims = _verified(sandbox, provider, grant(provider, nonce="n-1")["id_token"])

    assert (claims["email"], claims["nonce"]) == ("ripley@example.com", "n-1")
    assert "nonce" not in _verified(sandbox, provider, grant(provider)["id_token"])


@EACH_PROVIDER
@pytest.mark.parametrize(
    ("persona", "error"),
    [
        ("foreign", jwt.InvalidAudienceError),
        ("expired", jwt.ExpiredSignatureError),
        ("future", jwt.ImmatureSignatureError),
        ("wrong-issuer", jwt.InvalidIssuerError),
        ("unsigned", jwt.InvalidAlgorithmError),
        ("public-key", jwt.InvalidAlgorithmError),
        ("wrong-key", jwt.InvalidSignatureError),
        ("unknown-key", jwt.InvalidKeyError),
        ("no-id", jwt.MissingRequiredClaimError),
        ("false-id", jwt.exceptions.InvalidSubjectError),
    ],
)
def test_invalid_id_tokens(sandbox: str, grant: Grant, provider: str, persona: str, error: type[Exception]) -> None:
    """Each invalid id_token has the fault that its persona names."""
    id_token = grant(provider, persona)["id_token"]

    if error is jwt.MissingRequiredClaimError:
        assert "sub" not in _verified(sandbox, provider, id_token)
    else:
        with pytest.raises(error):
            _verified(sandbox, provider, id_token)


@EACH_PROVIDER
def test_another_authorized_party_and_nonce(sandbox: str, grant: Grant, provider: str) -> None:
    """PyJWT does not check `azp` and `nonce`; the id_tokens of these personas contain others."""
    party = _verified(sandbox, provider, grant(provider, "wrong-party")["id_token"])
    assert party["azp"] != OURS[provider].client_id
    nonce = _verified(sandbox, provider, grant(provider, "wrong-nonce", nonce="n-1")["id_token"])
    assert nonce["nonce"] != "n-1"


def test_apple_writes_booleans_as_strings(sandbox: str, grant: Grant) -> None:
    """The value of `email_verified` is "true" or "false"."""

    def claims(persona: str) -> dict[str, Any]:
        return _verified(sandbox, "apple-id", grant("apple-id", persona)["id_token"])

    assert claims("ripley")["email_verified"] == "true"
    assert claims("ripley")["is_private_email"] == "false"
    assert claims("unverified-email")["email_verified"] == "false"
    assert claims("ash")["is_private_email"] == "true"
    assert claims("ash")["email"].endswith("@privaterelay.appleid.com")
    assert "email" not in claims("no-email")


def test_discovery_describes_the_id_tokens(sandbox: str, grant: Grant) -> None:
    """The document contains the URL of the keys, the algorithm and all claims."""
    discovery = calls.get(f"{sandbox}/oidc/.well-known/openid-configuration").json()

    assert discovery["issuer"] == ISSUERS["oidc"]
    assert discovery["jwks_uri"] == f"{ISSUERS['oidc']}/jwks"
    assert discovery["id_token_signing_alg_values_supported"] == ["RS256"]
    id_token = grant("oidc", nonce="n-1")["id_token"]
    assert jwt.get_unverified_header(id_token)["alg"] == "RS256"
    claims = _verified(sandbox, "oidc", id_token)
    assert claims.keys() <= set(discovery["claims_supported"])
    assert (claims["sub"], claims["preferred_username"]) == ("00000000-0000-4000-8000-000000000011", "ripley")
    assert claims["email_verified"] is True
    assert _verified(sandbox, "oidc", grant("oidc", "unverified-email")["id_token"])["email_verified"] is False
    assert "email" not in _verified(sandbox, "oidc", grant("oidc", "no-email")["id_token"])
