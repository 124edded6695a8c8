import pytest

from sandbox.registrations import OURS, THEIRS
from tests.sandbox import calls
from tests.sandbox.calls import Grant


def test_twitch_validates_a_token(sandbox: str, grant: Grant) -> None:
    """The answer contains app, user, scopes and lifetime; `OAuth` and `Bearer` are accepted."""
    granted = grant("twitch")

    validated = calls.twitch_validate(sandbox, granted).json()
    assert 0 < validated.pop("expires_in") <= 60 * 24 * 3600
    assert validated == {
        "client_id": OURS["twitch"].client_id,
        "login": "ripley",
        "scopes": ["user:read:email"],
        "user_id": "141900011",
    }
    headers = {"Authorization": f"Bearer {granted['access_token']}"}
    assert calls.get(f"{sandbox}/twitch/id/oauth2/validate", headers=headers).status_code == 200
    assert calls.twitch_validate(sandbox, grant("twitch", "no-email")).json()["scopes"] == []
    refused = calls.twitch_validate(sandbox, grant("twitch", "revoked"))
    assert (refused.status_code, refused.json()) == (401, {"status": 401, "message": "invalid access token"})


def test_helix_requires_the_client_id_of_the_token(sandbox: str, grant: Grant) -> None:
    """A missing Client-Id and another app's are refused."""

    def refusal(granted: dict[str, str], client_id: str | None) -> str:
        answer = calls.twitch(sandbox, granted, client_id=client_id)
        assert answer.status_code == 401
        body = answer.json()
        assert (body["error"], body["status"]) == ("Unauthorized", 401)
        return str(body["message"])

    granted, foreign = grant("twitch"), grant("twitch", "foreign")
    no_match = "Client ID and OAuth token do not match"
    assert refusal(granted, None) == no_match
    assert refusal(granted, THEIRS["twitch"].client_id) == no_match
    assert refusal(foreign, OURS["twitch"].client_id) == no_match
    assert refusal({"access_token": "invented"}, OURS["twitch"].client_id) == "Invalid OAuth token"
    assert refusal({"access_token": ""}, OURS["twitch"].client_id) == "OAuth token is missing"
    assert calls.twitch(sandbox, foreign, client_id=THEIRS["twitch"].client_id).status_code == 200


def test_helix_returns_a_list_of_one_user(sandbox: str, grant: Grant) -> None:
    """The profile contains the address if it is verified."""
    [user] = calls.twitch(sandbox, grant("twitch")).json()["data"]

    assert (user["id"], user["login"], user["email"]) == ("141900011", "ripley", "ripley@example.com")
    [unverified] = calls.twitch(sandbox, grant("twitch", "unverified-email")).json()["data"]
    assert "email" not in unverified


def test_line_names_the_app_only(sandbox: str, grant: Grant) -> None:
    """The verification contains no user, and the profile no address."""
    granted = grant("line")

    verified = calls.line_verify(sandbox, granted).json()
    assert 0 < verified.pop("expires_in") <= 60 * 24 * 3600
    assert verified == {"scope": "profile", "client_id": OURS["line"].client_id}
    profile = calls.line(sandbox, granted).json()
    assert profile.keys() == {"userId", "displayName", "pictureUrl", "statusMessage"}
    assert (profile["userId"], profile["displayName"]) == ("U0000000000000000000000000000000b", "Ellen Ripley")


def test_line_has_two_error_formats(sandbox: str, grant: Grant) -> None:
    """The verification answers 400 with an OAuth error, the profile 401 with a message."""
    expired = grant("line", "expired")

    check = calls.line_verify(sandbox, expired)
    assert check.status_code == 400
    assert check.json() == {"error": "invalid_request", "error_description": "access token expired"}
    profile = calls.line(sandbox, expired)
    assert (profile.status_code, profile.json()) == (401, {"message": "The access token expired"})


def test_kakao_names_the_app_by_its_number(sandbox: str, grant: Grant) -> None:
    """The answer contains the numeric app id instead of the client id; the user's id is a number too."""
    granted = grant("kakao")

    info = calls.kakao_token_info(sandbox, granted).json()
    assert 0 < info.pop("expires_in") <= 60 * 24 * 3600
    assert info == {"id": 9840000011, "app_id": OURS["kakao"].app_id}
    assert calls.kakao(sandbox, granted).json()["id"] == info["id"]
    foreign = calls.kakao_token_info(sandbox, grant("kakao", "foreign")).json()
    assert foreign["app_id"] == THEIRS["kakao"].app_id


def test_kakao_describes_the_address(sandbox: str, grant: Grant) -> None:
    """The account says if it is verified, or that the user has not agreed to share it."""

    def account(persona: str) -> dict[str, object]:
        found: dict[str, object] = calls.kakao(sandbox, grant("kakao", persona)).json()["kakao_account"]
        return found

    assert account("ripley")["email"] == "ripley@example.com"
    assert account("ripley")["is_email_verified"] is True
    assert account("unverified-email")["is_email_verified"] is False
    assert account("no-email")["email_needs_agreement"] is True
    assert account("no-email").keys().isdisjoint({"email", "is_email_valid", "is_email_verified"})


@pytest.mark.parametrize("call", [calls.kakao, calls.kakao_token_info])
def test_kakao_error_codes(sandbox: str, grant: Grant, call: calls.Call) -> None:
    """Invalid tokens have one code and different messages."""

    def refusal(granted: dict[str, str]) -> object:
        answer = call(sandbox, granted)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer error=invalid_token")
        assert answer.json()["code"] == -401
        return answer.json()["msg"]

    assert refusal({"access_token": "invented"}) == "this access token does not exist"
    assert refusal(grant("kakao", "revoked")) == "this access token does not exist"
    assert refusal(grant("kakao", "expired")) == "this access token is already expired"
    assert call(sandbox, grant("kakao", "error-500")).json()["code"] == -1
