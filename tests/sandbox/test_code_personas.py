"""The personas whose code is invalid, or whose exchange or refresh fails."""

from typing import Any

import jwt
import pytest
import requests

from sandbox.codes import FALSE_CODES
from sandbox.id_tokens import FALSE_CLAIMS, FORGERIES
from sandbox.providers.oauth2 import REFUSED_PERSONAS
from sandbox.registrations import OURS, THEIRS
from tests.sandbox import calls
from tests.sandbox.calls import EACH_CODE_PROVIDER, exchange

SOON = 0.05


def _exchanged(sandbox: str, provider: str, persona: str, **options: Any) -> requests.Response:
    return exchange(sandbox, provider, calls.code(sandbox, provider, persona), **options)


@EACH_CODE_PROVIDER
@pytest.mark.parametrize("persona", [*FALSE_CODES, *REFUSED_PERSONAS])
def test_refused_exchanges(sandbox: str, provider: str, persona: str) -> None:
    """Every provider refuses the codes of these personas, as it does for anybody else."""
    answer = _exchanged(sandbox, provider, persona)

    assert answer.status_code in ({200} if provider in {"github", "slack"} else {400, 401, 403})
    assert "access_token" not in answer.text


@pytest.mark.parametrize(
    ("persona", "expected"),
    [
        ("expired-code", (400, "invalid_grant")),
        ("used-code", (400, "invalid_grant")),
        ("foreign-code", (400, "invalid_grant")),
        ("foreign-redirect", (400, "invalid_grant")),
        ("foreign-verifier", (400, "invalid_grant")),
        ("unregistered", (401, "invalid_client")),
        ("unauthorized-client", (400, "unauthorized_client")),
        ("unsupported-grant", (400, "unsupported_grant_type")),
        ("unknown-redirect", (400, "invalid_grant")),
    ],
)
def test_the_error_that_each_persona_gets(sandbox: str, persona: str, expected: tuple[int, str]) -> None:
    """A provider that follows RFC 6749, section 5.2."""
    answer = _exchanged(sandbox, "oidc", persona)

    assert (answer.status_code, answer.json()["error"]) == expected


def test_facebooks_errors_tell_expired_from_used(sandbox: str) -> None:
    """By their subcodes, and a suspended app by its code."""
    errors = {
        persona: _exchanged(sandbox, "facebook", persona).json()["error"]
        for persona in ("expired-code", "used-code", "unauthorized-client")
    }

    assert {error["type"] for error in errors.values()} == {"OAuthException"}
    assert (errors["expired-code"]["code"], errors["expired-code"]["error_subcode"]) == (100, 36007)
    assert (errors["used-code"]["code"], errors["used-code"]["error_subcode"]) == (100, 36009)
    assert errors["unauthorized-client"]["code"] == 101


@EACH_CODE_PROVIDER
def test_faults_of_the_exchange(sandbox: str, provider: str) -> None:
    """Errors, invalid bodies, redirects and silence, as at the profile."""

    def answer(persona: str) -> requests.Response:
        return _exchanged(sandbox, provider, persona)

    assert answer("error-500").status_code == 500
    assert isinstance(answer("error-500").json(), dict)
    unavailable = answer("error-503")
    assert (unavailable.status_code, unavailable.headers["Retry-After"]) == (503, "7")
    assert answer("rate-limited").status_code == 429
    assert answer("html").text.startswith("<!doctype html>")
    assert answer("empty").content == b""
    moved = answer("redirect")
    assert (moved.status_code, moved.headers["Location"]) == (302, f"{sandbox}/canary")
    code = calls.code(sandbox, provider, "slow")
    with pytest.raises(requests.ReadTimeout):
        exchange(sandbox, provider, code, timeout=(calls.TIMEOUT, SOON))
    code = calls.code(sandbox, provider, "reset")
    with pytest.raises(requests.ConnectionError, match="reset"):
        exchange(sandbox, provider, code)


@EACH_CODE_PROVIDER
def test_answers_without_an_access_token(sandbox: str, provider: str) -> None:
    """No token at all, or an id_token alone where the provider issues one."""
    nothing = _exchanged(sandbox, provider, "no-token")
    alone = _exchanged(sandbox, provider, "id-token-only")

    assert nothing.status_code == alone.status_code == 200
    for answer in (nothing, alone):
        assert "access_token" not in answer.text
        assert "refresh_token" not in answer.text
    with_id_token = {"google-oauth2", "apple-id", "linkedin-openidconnect", "azuread-v2-tenant-oauth2", "oidc"}
    assert "id_token" not in nothing.text
    assert ("id_token" in alone.text) == (provider in with_id_token)


@pytest.mark.parametrize("provider", ["google-oauth2", "apple-id", "linkedin-openidconnect", "oidc"])
def test_the_tokens_of_another_app(sandbox: str, provider: str) -> None:
    """The code is ours, and the id_token names another audience."""
    tokens = _exchanged(sandbox, provider, "foreign").json()

    claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    assert claims["aud"] == THEIRS[provider].client_id


@pytest.mark.parametrize("persona", sorted({*FALSE_CLAIMS, *FORGERIES}))
def test_invalid_id_tokens_come_with_a_valid_access_token(sandbox: str, persona: str) -> None:
    """Except for `expired`, whose access token has expired, too."""
    tokens = _exchanged(sandbox, "oidc", persona).json()

    assert tokens["id_token"]
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    expected = 401 if persona == "expired" else 200
    assert calls.get(f"{sandbox}/oidc/userinfo", headers=headers).status_code == expected


def test_only_the_profile_fails(sandbox: str) -> None:
    """The exchange succeeds, and uses the code."""
    tokens = _exchanged(sandbox, "discord", "profile-down").json()

    assert calls.discord(sandbox, tokens).status_code == 500
    assert calls.discord_authorization(sandbox, tokens).status_code == 200


def test_instagrams_documented_answer(sandbox: str) -> None:
    """The same members in a list."""
    [member] = _exchanged(sandbox, "instagram", "nested-token").json()["data"]

    assert member.keys() == _exchanged(sandbox, "instagram", "ripley").json().keys()
    assert member["user_id"] == 17841400000030161


def test_the_access_token_expires_soon(sandbox: str) -> None:
    """In one second, as the answer says."""
    tokens = _exchanged(sandbox, "gitlab", "short-lived").json()

    assert tokens["expires_in"] == 1
    assert calls.refresh(sandbox, "gitlab", tokens["refresh_token"]).json()["expires_in"] == 1


ROTATING = ["discord", "gitlab", "twitter-oauth2", "oidc"]
KEEPING = [
    *("google-oauth2", "apple-id", "twitch", "line", "kakao", "linkedin-openidconnect", "azuread-v2-tenant-oauth2"),
    "spotify",
]
NEVER = ["facebook", "instagram", "github", "slack"]

OFFLINE = {"scope": "users.read tweet.read offline.access offline_access", "access_type": "offline"}
"""What X, Microsoft and Google require for a refresh token; the others ignore it."""


def _refresh_token(sandbox: str, provider: str, persona: str = "ripley") -> str:
    offline = {} if provider == "apple-id" else OFFLINE
    if provider == "google-oauth2":
        offline = {"access_type": "offline"}
    code = calls.code(sandbox, provider, persona, **offline)
    return str(exchange(sandbox, provider, code).json()["refresh_token"])


def test_every_provider_is_listed() -> None:
    """Each rotates refresh tokens, keeps them, or issues none."""
    assert {*ROTATING, *KEEPING, *NEVER} == set(calls.CODE_PROVIDERS)


@pytest.mark.parametrize("provider", [*ROTATING, *KEEPING])
def test_refresh(sandbox: str, provider: str) -> None:
    """A refresh gives a new access token; a provider that rotates refuses the old refresh token afterwards."""
    token = _refresh_token(sandbox, provider)

    first = calls.refresh(sandbox, provider, token)
    second = calls.refresh(sandbox, provider, token)

    assert first.status_code == 200
    if provider in calls.PROFILE:
        assert calls.PROFILE[provider](sandbox, first.json()).status_code == 200
    if provider in KEEPING:
        assert "refresh_token" not in first.json()
        assert second.json()["access_token"] != first.json()["access_token"]
        return
    assert second.status_code == 400
    rotated = first.json()["refresh_token"]
    assert rotated != token
    assert calls.refresh(sandbox, provider, rotated).status_code == 200


@pytest.mark.parametrize("provider", [*ROTATING, *KEEPING])
def test_refused_refreshes(sandbox: str, provider: str) -> None:
    """A wrong secret, another app, an access token, and the personas whose refresh fails."""
    token = _refresh_token(sandbox, provider)
    wrong: dict[str, Any] = {"client_secret": "wrong"}
    if provider == "twitter-oauth2":
        wrong = {"auth": (OURS[provider].client_id, "wrong")}
    access_token = exchange(sandbox, provider, calls.code(sandbox, provider)).json()["access_token"]

    assert calls.refresh(sandbox, provider, token, **wrong).status_code in {400, 401, 403}
    assert calls.refresh(sandbox, provider, token, **calls.credentials(provider, THEIRS[provider])).status_code == 400
    assert calls.refresh(sandbox, provider, access_token).status_code == 400
    assert calls.refresh(sandbox, provider, _refresh_token(sandbox, provider, "refresh-refused")).status_code == 400
    assert calls.refresh(sandbox, provider, _refresh_token(sandbox, provider, "refresh-down")).status_code == 500
    assert calls.refresh(sandbox, provider, token).status_code == 200


@pytest.mark.parametrize("provider", NEVER)
def test_the_others_refresh_nothing(sandbox: str, provider: str) -> None:
    """Not even with the right credentials."""
    answer = calls.refresh(sandbox, provider, "invented")

    assert "access_token" not in answer.text
    assert answer.status_code == (200 if provider in {"github", "slack"} else 400)


@pytest.mark.parametrize("provider", ["twitter-oauth2", "google-oauth2"])
def test_refresh_tokens_must_be_asked_for(sandbox: str, provider: str) -> None:
    """X requires the scope `offline.access`, Google `access_type=offline`."""
    assert "refresh_token" not in exchange(sandbox, provider, calls.code(sandbox, provider)).json()
