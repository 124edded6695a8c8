import pytest

from sandbox.registrations import OURS, THEIRS
from tests.sandbox import calls
from tests.sandbox.calls import Grant


def test_discord_names_app_and_user(sandbox: str, grant: Grant) -> None:
    """The check contains part of the user, and the profile also the address."""
    granted = grant("discord")

    check = calls.discord_authorization(sandbox, granted).json()
    assert check["application"]["id"] == OURS["discord"].client_id
    assert check["user"]["id"] == "80351110224700011"
    assert "email" not in check["user"]
    assert calls.discord(sandbox, granted).json()["email"] == "ripley@example.com"
    foreign = calls.discord_authorization(sandbox, grant("discord", "foreign")).json()
    assert foreign["application"]["id"] == THEIRS["discord"].client_id


def test_discord_without_the_scope_email(sandbox: str, grant: Grant) -> None:
    """The profile has no address; the check still contains the user."""
    granted = grant("discord", "no-email")

    check = calls.discord_authorization(sandbox, granted).json()
    assert check["scopes"] == ["identify"]
    assert check["user"]["id"] == calls.discord(sandbox, granted).json()["id"]
    assert calls.discord(sandbox, granted).json().keys().isdisjoint({"email", "verified"})
    assert calls.discord_authorization(sandbox, grant("discord")).json()["scopes"] == ["identify", "email"]


def test_gitlab_names_app_and_user(sandbox: str, grant: Grant) -> None:
    """The check contains the ids of app and user."""
    granted = grant("gitlab")

    check = calls.gitlab_token_info(sandbox, granted).json()
    assert check["application"] == {"uid": OURS["gitlab"].client_id}
    assert check["resource_owner_id"] == calls.gitlab(sandbox, granted).json()["id"] == 70011
    foreign = calls.gitlab_token_info(sandbox, grant("gitlab", "foreign")).json()
    assert foreign["application"] == {"uid": THEIRS["gitlab"].client_id}


@pytest.mark.parametrize("persona", ["expired", "revoked"])
@pytest.mark.parametrize("provider", ["discord", "gitlab"])
def test_invalid_tokens_are_refused(sandbox: str, grant: Grant, provider: str, persona: str) -> None:
    """Profile and check answer 401."""
    granted = grant(provider, persona)

    assert calls.PROFILE[provider](sandbox, granted).status_code == 401
    assert calls.CHECK[provider](sandbox, granted).status_code == 401
    assert calls.PROFILE[provider](sandbox, {"access_token": "invented"}).status_code == 401
    assert calls.CHECK[provider](sandbox, {"access_token": "invented"}).status_code == 401
