import time
from typing import Any

import pytest
import requests
from requests_oauthlib import OAuth1  # type: ignore[import-untyped]  # has no stubs

from sandbox.registrations import OURS, THEIRS
from tests.sandbox import calls
from tests.sandbox.calls import Grant

USERS_ME = "https://api.x.com/2/users/me?user.fields=confirmed_email,verified"


def _send(request: requests.PreparedRequest) -> tuple[int, int | None]:
    with requests.Session() as session:
        answer = session.send(request, timeout=10)
    errors = answer.json().get("errors")
    return answer.status_code, errors[0]["code"] if errors else None


def _auth(granted: dict[str, str], **changed: object) -> OAuth1:
    parameters: dict[str, object] = {
        "client_key": OURS["twitter"].client_id,
        "client_secret": OURS["twitter"].secret,
        "resource_owner_key": granted["access_token"],
        "resource_owner_secret": granted["access_token_secret"],
    }
    return OAuth1(**{**parameters, **changed})


def test_a_signed_request_reads_the_profile(sandbox: str, grant: Grant) -> None:
    """The profile contains the address if `include_email` is set and the address is verified."""
    user = calls.twitter(sandbox, grant("twitter")).json()
    assert calls.twitter(sandbox, grant("twitter", "unverified-email")).json()["email"] is None

    assert (user["id"], user["id_str"], user["screen_name"]) == (20011, "20011", "ripley")
    assert user["email"] == "ripley@example.com"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"client_secret": "wrong"}, (401, 32)),
        ({"resource_owner_secret": "wrong"}, (401, 32)),
        ({"client_key": "nobody"}, (401, 32)),
        ({"signature_method": "PLAINTEXT"}, (401, 32)),
        ({"resource_owner_key": "invented"}, (401, 89)),
        ({"client_key": THEIRS["twitter"].client_id, "client_secret": THEIRS["twitter"].secret}, (401, 89)),
        ({"timestamp": str(int(time.time()) - 3600)}, (401, 135)),
    ],
)
def test_invalid_signatures_are_refused(
    sandbox: str, grant: Grant, changed: dict[str, str], expected: tuple[int, int]
) -> None:
    """Both secrets, the app, the method, the token and the timestamp are checked."""
    assert _send(calls.signed(sandbox, _auth(grant("twitter"), **changed))) == expected


def test_a_repeated_request_is_refused(sandbox: str, grant: Grant) -> None:
    """A nonce is accepted once."""
    request = calls.signed(sandbox, _auth(grant("twitter")))

    assert _send(request) == (200, None)
    assert _send(request) == (401, 32)


def test_a_signature_for_another_url_is_refused(sandbox: str, grant: Grant) -> None:
    """The signature must be for X's URL, not the sandbox's."""
    url = f"{sandbox}/twitter/1.1/account/verify_credentials.json"
    answer = requests.get(url, auth=_auth(grant("twitter")), timeout=10)

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (401, 32)


@pytest.mark.parametrize("authorization", ["", "Bearer token", "OAuth nonsense", 'OAuth oauth_token="x"'])
def test_missing_oauth_parameters_are_refused(sandbox: str, authorization: str) -> None:
    """A request without all OAuth 1 parameters is answered with 400."""
    url = f"{sandbox}/twitter/1.1/account/verify_credentials.json"
    answer = calls.get(url, headers={"Authorization": authorization})

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, 215)


@pytest.mark.parametrize(
    ("persona", "code"), [("foreign", 89), ("expired", 89), ("revoked", 89), ("unregistered", 416)]
)
def test_invalid_tokens_are_refused(sandbox: str, grant: Grant, persona: str, code: int) -> None:
    """Invalid tokens have one code, and a suspended app another."""
    answer = calls.twitter(sandbox, grant("twitter", persona))

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (401, code)


def _send_to_api_2(request: requests.PreparedRequest) -> tuple[int, dict[str, Any]]:
    with requests.Session() as session:
        answer = session.send(request, timeout=10)
    return answer.status_code, answer.json()


@pytest.mark.parametrize("origin", ["https://api.twitter.com", "https://api.x.com"])
def test_api_2_accepts_a_signature(sandbox: str, grant: Grant, origin: str) -> None:
    """The id is the one of API 1.1, as a string; the address is there if it is asked for and verified."""
    url = USERS_ME.replace("https://api.x.com", origin)
    status, body = _send_to_api_2(calls.signed(sandbox, _auth(grant("twitter")), url))
    unverified = _send_to_api_2(calls.signed(sandbox, _auth(grant("twitter", "unverified-email")), url))
    plain = _send_to_api_2(calls.signed(sandbox, _auth(grant("twitter")), url.partition("?")[0]))

    user = {"id": "20011", "name": "Ellen Ripley", "username": "ripley"}
    assert (status, body) == (
        200,
        {"data": {**user, "verified": False, "confirmed_email": "ripley@example.com"}},
    )
    assert "confirmed_email" not in unverified[1]["data"]
    assert plain == (200, {"data": user})


@pytest.mark.parametrize(
    "changed",
    [
        {"client_secret": "wrong"},
        {"resource_owner_secret": "wrong"},
        {"resource_owner_key": "invented"},
        {"client_key": THEIRS["twitter"].client_id, "client_secret": THEIRS["twitter"].secret},
        {"timestamp": str(int(time.time()) - 3600)},
    ],
)
def test_api_2_refuses_invalid_signatures(sandbox: str, grant: Grant, changed: dict[str, str]) -> None:
    """With one answer."""
    status, body = _send_to_api_2(calls.signed(sandbox, _auth(grant("twitter"), **changed), USERS_ME))

    assert (status, body["title"], body["detail"]) == (401, "Unauthorized", "Unauthorized")


def test_api_2_refuses_a_repeated_request(sandbox: str, grant: Grant) -> None:
    """A nonce is accepted once by both versions of the API together."""
    request = calls.signed(sandbox, _auth(grant("twitter")), USERS_ME)

    assert [_send_to_api_2(request)[0] for _ in range(2)] == [200, 401]


def test_api_2_reports_problems(sandbox: str, grant: Grant) -> None:
    """An app without access, a revoked token, an outage, an unknown field."""
    answers = {
        persona: _send_to_api_2(calls.signed(sandbox, _auth(grant("twitter", persona)), USERS_ME))
        for persona in ("unregistered", "revoked", "error-503")
    }

    assert answers["unregistered"][0] == 403
    assert answers["unregistered"][1]["reason"] == "client-not-enrolled"
    assert answers["revoked"][0] == 401
    assert answers["error-503"][0] == 503
    unknown = calls.signed(sandbox, _auth(grant("twitter")), USERS_ME + ",shoe_size")
    assert _send_to_api_2(unknown)[0] == 400


def test_the_same_person_by_both_protocols(sandbox: str, grant: Grant) -> None:
    """A signature and a bearer token read the same user; a bearer token of one is not one of the other."""
    _, signed = _send_to_api_2(calls.signed(sandbox, _auth(grant("twitter")), USERS_ME))
    code = calls.code(sandbox, "twitter-oauth2")
    tokens = calls.exchange(sandbox, "twitter-oauth2", code).json()

    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    url = f"{sandbox}/twitter/2/users/me"
    assert calls.get(url, headers=bearer).json()["data"]["id"] == signed["data"]["id"] == "20011"
    oauth1_token = {"Authorization": f"Bearer {grant('twitter')['access_token']}"}
    assert calls.get(url, headers=oauth1_token).status_code == 401
