"""The token endpoints: the exchange of a code, and what refuses it."""

import base64
import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec

from sandbox.registrations import NATIVE, OURS, THEIRS
from tests.sandbox import calls
from tests.sandbox.calls import EACH_CODE_PROVIDER, apple_secret, exchange

USERINFO = {
    "linkedin-openidconnect": "linkedin-openidconnect/api/v2/userinfo",
    "oidc": "oidc/userinfo",
}

REFRESHED = {
    *("discord", "gitlab", "twitch", "line", "kakao", "linkedin-openidconnect", "spotify", "oidc", "apple-id"),
}
"""The providers whose exchange gives a refresh token, whatever the app asks for."""

WITH_ID_TOKEN = {"google-oauth2", "apple-id", "linkedin-openidconnect", "azuread-v2-tenant-oauth2", "oidc"}


def _error(answer: requests.Response) -> tuple[int, Any]:
    """Return the status and what the provider calls the error."""
    body = answer.json()
    if "error_subcode" in body.get("error", ()):
        return answer.status_code, body["error"]["error_subcode"]
    if isinstance(body.get("error"), dict):
        return answer.status_code, body["error"]["code"]
    return answer.status_code, body.get("error") or body.get("error_message") or body.get("message")


@EACH_CODE_PROVIDER
def test_a_code_gives_tokens(sandbox: str, provider: str) -> None:
    """The access token reads the profile; the id_token, if there is one, has the nonce and belongs to the token."""
    answer = exchange(sandbox, provider, calls.code(sandbox, provider, "zoe", nonce="n-1"))

    assert answer.status_code == 200
    tokens = answer.json()
    assert ("refresh_token" in tokens) == (provider in REFRESHED)
    assert ("id_token" in tokens) == (provider in WITH_ID_TOKEN)
    if provider in calls.PROFILE:
        profile = calls.PROFILE[provider](sandbox, tokens)
        assert profile.status_code == 200
        assert "zoe" in profile.text or "Zoë" in profile.text
    if provider in USERINFO:
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        assert calls.get(f"{sandbox}/{USERINFO[provider]}", headers=headers).json()["name"] == "Zoë Łukasiewicz-山田"
    if provider in WITH_ID_TOKEN:
        claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
        digest = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
        assert base64.urlsafe_b64decode(claims["at_hash"] + "==") == digest
        assert claims.get("nonce") == (None if provider == "linkedin-openidconnect" else "n-1")
        assert claims["aud"] == OURS[provider].client_id


def test_facebook_gives_an_id_token_for_openid(sandbox: str) -> None:
    """Facebook's default scopes do not contain it."""
    code = calls.code(sandbox, "facebook", scope="openid,public_profile")

    assert "id_token" in exchange(sandbox, "facebook", code).json()


@EACH_CODE_PROVIDER
def test_a_code_is_used_once(sandbox: str, provider: str) -> None:
    """Of simultaneous exchanges one succeeds, and none afterwards; each refusal has the provider's form."""
    code = calls.code(sandbox, provider)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: exchange(sandbox, provider, code), range(8)))

    assert sum("access_token" in answer.text for answer in answers) == 1
    expected: dict[str, tuple[int, Any]] = {
        "facebook": (400, 36009),
        "instagram": (400, "Matching code was not found or was already used"),
        "github": (200, "bad_verification_code"),
        "twitch": (400, "Invalid authorization code"),
        "twitter-oauth2": (400, "invalid_request"),
        "linkedin-openidconnect": (400, "invalid_request"),
        "slack": (200, "invalid_code"),
    }
    again = exchange(sandbox, provider, code)
    assert _error(again) == expected.get(provider, (400, "invalid_grant"))


@EACH_CODE_PROVIDER
def test_the_redirect_uri_and_the_verifier_are_the_codes(sandbox: str, provider: str) -> None:
    """Others, and none, are refused, and do not use the code."""
    code = calls.code(sandbox, provider)
    expected: dict[str, tuple[int, Any]] = {
        "facebook": (400, 36008),
        "google-oauth2": (400, "redirect_uri_mismatch"),
        "discord": (400, "invalid_request"),
        "github": (200, "redirect_uri_mismatch"),
        "twitch": (400, "Parameter redirect_uri does not match registered URI"),
        "twitter-oauth2": (400, "invalid_request"),
        "linkedin-openidconnect": (400, "invalid_request"),
        "slack": (200, "bad_redirect_uri"),
    }

    for redirect_uri in ("com.example.tandem:/callback", None):
        answer = exchange(sandbox, provider, code, redirect_uri=redirect_uri)
        if provider == "instagram":
            assert "redirect_uri" in answer.json()["error_message"]
        else:
            assert _error(answer) == expected.get(provider, (400, "invalid_grant"))
    for verifier in (calls.VERIFIER + "x", calls.CHALLENGE, "", None):
        answer = exchange(sandbox, provider, code, code_verifier=verifier)
        assert "access_token" not in answer.text
        assert answer.status_code == (200 if provider in {"github", "slack"} else 400)
    assert "access_token" in exchange(sandbox, provider, code).text


@EACH_CODE_PROVIDER
def test_the_client_authenticates(sandbox: str, provider: str) -> None:
    """A wrong secret, none, another app's, and an unknown client are refused, and do not use the code."""
    code = calls.code(sandbox, provider)
    ours, theirs = OURS[provider], THEIRS[provider]
    expected: dict[str, tuple[int, Any]] = {
        "facebook": (400, 1),
        "instagram": (400, "Error validating client secret"),
        "apple-id": (400, "invalid_client"),
        "github": (200, "incorrect_client_credentials"),
        "twitch": (403, "invalid client secret"),
        "twitter-oauth2": (401, "unauthorized_client"),
        "slack": (200, "bad_client_secret"),
        "spotify": (400, "invalid_client"),
    }

    for client_id, secret in (
        (ours.client_id, "wrong"),
        (ours.client_id, theirs.secret),
        (ours.client_id, ""),
        ("nobody", ours.secret),
    ):
        given: dict[str, Any] = {"client_id": client_id, "client_secret": secret}
        if provider == "twitter-oauth2":
            given = {"auth": (client_id, secret)}
        assert _error(exchange(sandbox, provider, code, **given)) == expected.get(provider, (401, "invalid_client"))
    assert "access_token" in exchange(sandbox, provider, code).text


@EACH_CODE_PROVIDER
def test_a_code_belongs_to_its_client(sandbox: str, provider: str) -> None:
    """Another app of the provider, with its own secret, cannot exchange it."""
    code = calls.code(sandbox, provider)

    answer = exchange(sandbox, provider, code, **calls.credentials(provider, THEIRS[provider]))

    assert "access_token" not in answer.text
    assert "client_secret" not in answer.text
    assert answer.status_code == (200 if provider in {"github", "slack"} else 400)


@pytest.mark.parametrize("provider", ["google-oauth2", "discord", "gitlab", "slack", "spotify", "oidc"])
def test_the_authorization_header_authenticates(sandbox: str, provider: str) -> None:
    """Where it is documented; credentials that are given twice must both be right."""
    registration = OURS[provider]
    header = {"auth": (registration.client_id, registration.secret)}
    code = calls.code(sandbox, provider)

    contradiction = exchange(sandbox, provider, code, auth=(registration.client_id, "wrong"))
    assert "access_token" not in contradiction.text
    alone = exchange(sandbox, provider, code, **header, client_id=None, client_secret=None)
    assert "access_token" in alone.text


@pytest.mark.parametrize("provider", ["facebook", "instagram", "github", "twitch", "line", "kakao"])
def test_the_authorization_header_is_ignored_elsewhere(sandbox: str, provider: str) -> None:
    """Providers that document the fields alone do not look at it."""
    registration = OURS[provider]
    header = {"auth": (registration.client_id, registration.secret)}
    answer = exchange(sandbox, provider, calls.code(sandbox, provider), **header, client_id=None, client_secret=None)

    assert "access_token" not in answer.text


@pytest.mark.parametrize(
    "changed",
    [
        {"kid": "ANOTHERKEY"},
        {"iss": "ANOTHERTEAM"},
        {"sub": "com.example.another"},
        {"aud": "https://apple.example.com"},
        {"exp": int(time.time()) - 60},
        {"exp": int(time.time()) + 366 * 24 * 3600},
        {"exp": None},
        {"key": ec.generate_private_key(ec.SECP256R1())},
    ],
)
def test_apples_client_secret_is_checked(sandbox: str, changed: dict[str, Any]) -> None:
    """Its key, team, client, audience and lifetime."""
    code = calls.code(sandbox, "apple-id")

    answer = exchange(sandbox, "apple-id", code, client_secret=apple_secret(**changed))

    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_client"})
    assert exchange(sandbox, "apple-id", code).status_code == 200


@EACH_CODE_PROVIDER
def test_other_grants_and_codes_are_refused(sandbox: str, provider: str) -> None:
    """An invented code, one of another provider, none, and the password grant."""
    other = calls.code(sandbox, "github" if provider == "gitlab" else "gitlab")
    answers = [exchange(sandbox, provider, code) for code in ("invented", other, "ü" * 3000, None)]  # type: ignore[arg-type]
    answers.append(exchange(sandbox, provider, calls.code(sandbox, provider), grant_type="password"))

    for answer in answers:
        assert answer.status_code in {200, 400, 401, 403}
        assert isinstance(answer.json(), dict)
        assert "access_token" not in answer.text


@pytest.mark.parametrize("provider", ["google-oauth2", "apple-id"])
def test_native_sdks_receive_codes_without_a_redirect_uri(sandbox: str, provider: str) -> None:
    """The code is for the native client, with its own secret; the redirect URI is absent or empty."""
    native = NATIVE[provider]
    secret = apple_secret(sub=native.client_id) if provider == "apple-id" else native.secret
    as_native = {"client_id": native.client_id, "client_secret": secret, "code_verifier": None}

    def code() -> str:
        asked = requests.post(f"{sandbox}/{provider}/code", json={"persona": "ash", "nonce": "n-1"}, timeout=10)
        return str(asked.json()["code"])

    assert "access_token" not in exchange(sandbox, provider, code(), **as_native).text
    if provider == "apple-id":
        assert "access_token" not in exchange(sandbox, provider, code(), redirect_uri=None).text
    for redirect_uri in (None, ""):
        tokens = exchange(sandbox, provider, code(), redirect_uri=redirect_uri, **as_native).json()
        claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
        assert (claims["aud"], claims["nonce"]) == (native.client_id, "n-1")
        assert tokens["refresh_token"]


def test_other_providers_have_no_native_codes(sandbox: str) -> None:
    """The path does not exist."""
    assert requests.post(f"{sandbox}/github/code", json={"persona": "ash"}, timeout=10).status_code == 404


def test_github_answers_with_a_form_unless_json_is_accepted(sandbox: str) -> None:
    """As GitHub does, errors included."""
    for code, field in ((calls.code(sandbox, "github"), "access_token="), ("invented", "error=bad_verification_code")):
        answer = exchange(sandbox, "github", code, headers={})
        assert answer.headers["Content-Type"] == "application/x-www-form-urlencoded"
        assert field in answer.text


def test_slack_reads_json(sandbox: str) -> None:
    """As its methods do; the others read forms only."""
    for provider, path, given in (("slack", "slack/api/oauth.access", True), ("oidc", "oidc/oauth2/token", False)):
        fields = {
            "grant_type": "authorization_code",
            "code": calls.code(sandbox, provider),
            "redirect_uri": calls.BACK,
            "code_verifier": calls.VERIFIER,
            **calls.credentials(provider),
        }
        answer = requests.post(f"{sandbox}/{path}", json=fields, timeout=10)
        assert ("access_token" in answer.text) == given
