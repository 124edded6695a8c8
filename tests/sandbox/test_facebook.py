import requests

from sandbox.registrations import THEIRS
from tests.sandbox import calls
from tests.sandbox.calls import Grant


def test_gives_id_and_name_unless_asked_for_more(sandbox: str, grant: Grant) -> None:
    """Graph shows no more of a profile than was asked for."""
    granted = grant("facebook")

    assert calls.facebook(sandbox, granted).json() == {"id": "10011", "name": "Ellen Ripley"}
    assert calls.facebook(sandbox, granted, params={"fields": "first_name,last_name,email"}).json() == {
        "id": "10011",
        "first_name": "Ellen",
        "last_name": "Ripley",
        "email": "ripley@example.com",
    }


def test_withholds_what_the_person_has_not_shared(sandbox: str, grant: Grant) -> None:
    """A known field that the app may not see is left out, an unknown one is an error."""
    granted = grant("facebook", "no-email")

    assert calls.facebook(sandbox, granted, params={"fields": "email,gender"}).json() == {"id": "10101"}
    answer = calls.facebook(sandbox, granted, params={"fields": "username"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100)


def test_requires_the_proof(sandbox: str, grant: Grant) -> None:
    """A token alone opens nothing: whoever found it has not got the app's secret."""
    token = grant("facebook")["access_token"]

    answer = calls.get(f"{sandbox}/facebook/v24.0/me", params={"access_token": token})

    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["type"]) == (100, "GraphMethodException")


def test_measures_the_proof_against_the_app_of_the_token(sandbox: str, grant: Grant) -> None:
    """The token of another app cannot be proved with our secret, only with theirs."""
    granted = grant("facebook", "foreign")

    ours = calls.facebook(sandbox, granted)
    theirs = calls.facebook(
        sandbox,
        granted,
        params={"appsecret_proof": calls.proof(granted["access_token"], THEIRS["facebook"].secret)},
    )

    assert (ours.status_code, ours.json()["error"]["code"]) == (400, 100)
    assert (theirs.status_code, theirs.json()["id"]) == (200, "10105")


def test_says_why_a_token_is_no_good(sandbox: str, grant: Grant) -> None:
    """Graph's codes tell an invented, an expired and a revoked token and a deleted app apart."""

    def error(granted: dict[str, str]) -> tuple[int, int, int | None]:
        answer = calls.facebook(sandbox, granted)
        body = answer.json()["error"]
        assert body["type"] == "OAuthException"
        return answer.status_code, body["code"], body.get("error_subcode")

    assert error({"access_token": "invented"}) == (400, 190, None)
    assert error(grant("facebook", "expired")) == (400, 190, 463)
    assert error(grant("facebook", "revoked")) == (400, 190, 458)
    assert error(grant("facebook", "unregistered")) == (400, 101, None)


def test_publishes_the_keys_of_limited_login_at_both_addresses(sandbox: str) -> None:
    """The SDKs look at one host, OpenID discovery at the other."""
    limited, www = (
        requests.get(f"{sandbox}/facebook/{host}/.well-known/oauth/openid/jwks/", timeout=10).json()
        for host in ("limited", "www")
    )

    assert limited == www
    assert limited["keys"][0]["kty"] == "RSA"
