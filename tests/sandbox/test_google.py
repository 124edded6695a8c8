import pytest

from sandbox.registrations import OURS, THEIRS
from tests.sandbox import calls
from tests.sandbox.calls import Grant

SUB = "100000000000000040011"


def test_userinfo_returns_the_profile(sandbox: str, grant: Grant) -> None:
    """It contains the claims, with booleans as booleans."""
    profile = calls.google(sandbox, grant("google-oauth2")).json()

    assert (profile["sub"], profile["given_name"], profile["family_name"]) == (SUB, "Ellen", "Ripley")
    assert profile["email_verified"] is True


def test_tokeninfo_names_app_and_user(sandbox: str, grant: Grant) -> None:
    """All its values are strings."""
    info = calls.google_tokeninfo(sandbox, grant("google-oauth2")).json()

    client_id = OURS["google-oauth2"].client_id
    assert (info["aud"], info["azp"], info["sub"]) == (client_id, client_id, SUB)
    assert info["email_verified"] == "true"
    assert {type(value) for value in info.values()} == {str}
    foreign = calls.google_tokeninfo(sandbox, grant("google-oauth2", "foreign")).json()
    assert foreign["aud"] == THEIRS["google-oauth2"].client_id


def test_tokeninfo_reads_id_tokens(sandbox: str, grant: Grant) -> None:
    """It returns the claims of an id_token, and refuses one that Google has not signed."""
    url = f"{sandbox}/google-oauth2/oauth2/tokeninfo"

    info = calls.get(url, params={"id_token": grant("google-oauth2")["id_token"]}).json()
    assert (info["sub"], info["alg"], info["email_verified"]) == (SUB, "RS256", "true")
    forged = grant("google-oauth2", "wrong-key")["id_token"]
    assert calls.get(url, params={"id_token": forged}).status_code == 400


@pytest.mark.parametrize("persona", ["expired", "revoked"])
def test_invalid_tokens_are_refused(sandbox: str, grant: Grant, persona: str) -> None:
    """The profile answers 401 with a challenge, the check 400."""
    granted = grant("google-oauth2", persona)

    refused = calls.google(sandbox, granted)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Bearer ")
    check = calls.google_tokeninfo(sandbox, granted)
    assert (check.status_code, check.json()["error"]) == (400, "invalid_token")


def test_discovery_leads_to_the_keys(sandbox: str) -> None:
    """The URLs in the document are Google's own; the service maps their hosts to the sandbox."""
    discovery = calls.get(f"{sandbox}/google-oauth2/accounts/.well-known/openid-configuration").json()

    assert discovery["issuer"] == "https://accounts.google.com"
    assert discovery["jwks_uri"] == "https://www.googleapis.com/oauth2/v3/certs"
    assert calls.get(f"{sandbox}/google-oauth2/www/oauth2/v3/certs").json()["keys"]


def test_unverified_address(sandbox: str, grant: Grant) -> None:
    """Userinfo and tokeninfo mark an unverified address."""
    granted = grant("google-oauth2", "unverified-email")

    assert calls.google(sandbox, granted).json()["email_verified"] is False
    assert calls.google_tokeninfo(sandbox, granted).json()["email_verified"] == "false"
