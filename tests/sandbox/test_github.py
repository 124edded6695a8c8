import pytest
import requests

from sandbox.registrations import OURS, THEIRS
from tests.sandbox import calls
from tests.sandbox.calls import Grant


def test_check_names_the_app_and_the_user(sandbox: str, grant: Grant) -> None:
    """The answer to the check contains app, user and token."""
    granted = grant("github")

    answer = calls.github_check(sandbox, granted)

    assert answer.status_code == 200
    body = answer.json()
    assert body["app"]["client_id"] == OURS["github"].client_id
    assert (body["user"]["id"], body["user"]["login"]) == (60011, "ripley")
    assert body["token"] == granted["access_token"]


@pytest.mark.parametrize("persona", ["foreign", "expired", "revoked"])
def test_check_does_not_find_invalid_tokens(sandbox: str, grant: Grant, persona: str) -> None:
    """Foreign, expired, revoked and unknown tokens have the same answer."""
    answer = calls.github_check(sandbox, grant("github", persona))
    invented = calls.github_check(sandbox, {"access_token": "invented"})

    assert answer.status_code == invented.status_code == 404
    assert answer.json() == invented.json()
    assert answer.json()["message"] == "Not Found"


@pytest.mark.parametrize(
    "auth",
    [
        (OURS["github"].client_id, "wrong"),
        (THEIRS["github"].client_id, THEIRS["github"].secret),
        (OURS["github"].secret, OURS["github"].client_id),
    ],
)
def test_check_requires_the_credentials_of_the_app(sandbox: str, grant: Grant, auth: tuple[str, str]) -> None:
    """Only the app in the path is allowed, with its secret."""
    answer = calls.github_check(sandbox, grant("github"), auth=auth)

    assert (answer.status_code, answer.json()["message"]) == (401, "Bad credentials")


def test_check_by_a_deleted_app(sandbox: str, grant: Grant) -> None:
    """Our own registration is refused with 401."""
    assert calls.github_check(sandbox, grant("github", "unregistered")).status_code == 401


@pytest.mark.parametrize("body", [{}, {"access_token": 7}, ["token"]])
def test_check_without_a_token(sandbox: str, body: object) -> None:
    """A body without a token is refused with 422."""
    assert calls.github_check(sandbox, {"access_token": ""}, json=body).status_code == 422


def test_profile_and_addresses(sandbox: str, grant: Grant) -> None:
    """A token of any app reads them, with the scheme `token` or `Bearer`."""
    granted = grant("github")

    assert calls.github(sandbox, granted).json()["name"] == "Ellen Ripley"
    headers = {"Authorization": f"Bearer {granted['access_token']}"}
    addresses = calls.get(f"{sandbox}/github/user/emails", headers=headers).json()
    assert [address["email"] for address in addresses] == ["ripley@example.com"]
    assert calls.github(sandbox, grant("github", "foreign")).status_code == 200
    assert calls.github(sandbox, {"access_token": "invented"}).status_code == 401


def test_an_unverified_address_is_not_public(sandbox: str, grant: Grant) -> None:
    """An unverified address is in the list only, marked as unverified."""
    granted = grant("github", "unverified-email")

    assert calls.github(sandbox, granted).json()["email"] is None
    headers = {"Authorization": f"token {granted['access_token']}"}
    assert calls.get(f"{sandbox}/github/user/emails", headers=headers).json()[0]["verified"] is False


def test_requires_a_user_agent(sandbox: str) -> None:
    """A request without a User-Agent is refused with 403."""
    with requests.Session() as session:
        session.headers.clear()
        # An empty value keeps urllib3 from adding its own.
        answer = session.get(f"{sandbox}/github/user", headers={"User-Agent": ""}, timeout=10)

    assert answer.status_code == 403
