import time

import pytest
import requests
from requests_oauthlib import OAuth1  # type: ignore[import-untyped]  # has no stubs

from sandbox.registrations import OURS, THEIRS
from tests.sandbox import calls
from tests.sandbox.calls import Grant


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
