import requests

from sandbox.registrations import THEIRS
from tests.sandbox import calls
from tests.sandbox.calls import Grant


def test_returns_the_requested_fields(sandbox: str, grant: Grant) -> None:
    """Without `fields` the profile is id and name."""
    granted = grant("facebook")

    assert calls.facebook(sandbox, granted).json() == {"id": "10011", "name": "Ellen Ripley"}
    assert calls.facebook(sandbox, granted, params={"fields": "first_name,last_name,email"}).json() == {
        "id": "10011",
        "first_name": "Ellen",
        "last_name": "Ripley",
        "email": "ripley@example.com",
    }


def test_omits_fields_without_permission(sandbox: str, grant: Grant) -> None:
    """A known field that the app may not read is omitted; an unknown one is an error."""
    granted = grant("facebook", "no-email")

    assert calls.facebook(sandbox, granted, params={"fields": "email,gender"}).json() == {"id": "10101"}
    answer = calls.facebook(sandbox, granted, params={"fields": "username"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100)


def test_requires_appsecret_proof(sandbox: str, grant: Grant) -> None:
    """A request with the token only is refused."""
    token = grant("facebook")["access_token"]

    answer = calls.get(f"{sandbox}/facebook/v24.0/me", params={"access_token": token})

    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["type"]) == (100, "GraphMethodException")


def test_checks_the_proof_with_the_secret_of_the_tokens_app(sandbox: str, grant: Grant) -> None:
    """The token of another app needs a proof with that app's secret."""
    granted = grant("facebook", "foreign")

    ours = calls.facebook(sandbox, granted)
    theirs = calls.facebook(
        sandbox,
        granted,
        params={"appsecret_proof": calls.proof(granted["access_token"], THEIRS["facebook"].secret)},
    )

    assert (ours.status_code, ours.json()["error"]["code"]) == (400, 100)
    assert (theirs.status_code, theirs.json()["id"]) == (200, "10105")


def test_error_codes_of_invalid_tokens(sandbox: str, grant: Grant) -> None:
    """Unknown, expired and revoked tokens and a deleted app have different codes."""

    def error(granted: dict[str, str]) -> tuple[int, int, int | None]:
        answer = calls.facebook(sandbox, granted)
        body = answer.json()["error"]
        assert body["type"] == "OAuthException"
        return answer.status_code, body["code"], body.get("error_subcode")

    assert error({"access_token": "invented"}) == (400, 190, None)
    assert error(grant("facebook", "expired")) == (400, 190, 463)
    assert error(grant("facebook", "revoked")) == (400, 190, 458)
    assert error(grant("facebook", "unregistered")) == (400, 101, None)


def test_both_hosts_publish_the_keys(sandbox: str) -> None:
    """The keys of Limited Login are the same at the host of the SDKs and at that of OpenID discovery."""
    limited, www = (
        requests.get(f"{sandbox}/facebook/{host}/.well-known/oauth/openid/jwks/", timeout=10).json()
        for host in ("limited", "www")
    )

    assert limited == www
    assert limited["keys"][0]["kty"] == "RSA"
