"""docs/contract.md, section 7 over real sockets: the credentials of every provider of the sandbox."""

import pytest

from tests.e2e.client import Api, code_of
from tests.e2e.conftest import ONE_DATABASE
from tests.e2e.databases import Database
from tests.e2e.servers import Sandbox

pytestmark = [pytest.mark.e2e, ONE_DATABASE]

NAME_THE_APP = ("google-oauth2", "discord", "gitlab", "twitch", "line", "kakao")
"""Providers whose check names the application; the others refuse a foreign token like an invalid one."""
BY_ACCESS_TOKEN = ("facebook", "instagram", "twitter", "github", *NAME_THE_APP)
BY_ID_TOKEN = ("google-oauth2", "facebook", "apple-id", "oidc")

REJECTED = (400, "token_rejected")
MISMATCH = (400, "token_audience_mismatch")
BAD_RESPONSE = (502, "provider_bad_response")
UNAVAILABLE = (503, "provider_unavailable")
CREATED = (201, "")

ACCESS_TOKEN_ANSWERS = {
    "foreign": MISMATCH,
    "expired": REJECTED,
    "revoked": REJECTED,
    "error-503": UNAVAILABLE,
    "reset": UNAVAILABLE,
    "html": BAD_RESPONSE,
    "redirect": BAD_RESPONSE,
    "false-id": BAD_RESPONSE,
    "check-down": UNAVAILABLE,
    "check-nonsense": BAD_RESPONSE,
}
ID_TOKEN_ANSWERS = {
    "foreign": MISMATCH,
    "wrong-party": MISMATCH,
    "wrong-issuer": REJECTED,
    "wrong-nonce": REJECTED,
    "expired": REJECTED,
    "future": REJECTED,
    "unsigned": REJECTED,
    "public-key": REJECTED,
    "wrong-key": REJECTED,
}
NAME_THE_USER = ("google-oauth2", "discord", "gitlab", "twitch", "kakao")


@pytest.mark.threat(1)
def test_valid_credentials(api: Api, sandbox: Sandbox) -> None:
    """Every provider signs up by each kind of token, and both kinds find the same user."""
    for provider in BY_ACCESS_TOKEN:
        assert code_of(api.sign_up(sandbox.token(provider, "ripley"))) == CREATED, provider
    for provider in BY_ID_TOKEN:
        assert code_of(api.sign_up(sandbox.id_token(provider, "ripley"))) == CREATED, provider
    for provider in {*BY_ACCESS_TOKEN} & {*BY_ID_TOKEN}:
        by_access_token = api.sign_up(sandbox.token(provider, "ripley")).json()
        assert api.sign_up(sandbox.id_token(provider, "ripley")).json()["id"] == by_access_token["id"]


@pytest.mark.threat(1, 3, 16, 17, 18, 21)
@pytest.mark.parametrize("persona", ACCESS_TOKEN_ANSWERS)
def test_invalid_access_tokens(api: Api, sandbox: Sandbox, database: Database, persona: str) -> None:
    """The answer is the contract's at every provider whose check names the application, and no row is written."""
    before, visits = database.counts(), sandbox.canary_visits()
    answers = {provider: code_of(api.sign_up(sandbox.token(provider, persona))) for provider in NAME_THE_APP}
    assert answers == dict.fromkeys(NAME_THE_APP, ACCESS_TOKEN_ANSWERS[persona])
    assert (database.counts(), sandbox.canary_visits()) == (before, visits)


@pytest.mark.threat(5)
@pytest.mark.parametrize("persona", ID_TOKEN_ANSWERS)
def test_invalid_id_tokens(api: Api, sandbox: Sandbox, database: Database, persona: str) -> None:
    """The answer is the contract's at every provider that issues id_tokens, and no row is written."""
    before = database.counts()
    answers = {provider: code_of(api.sign_up(sandbox.id_token(provider, persona))) for provider in BY_ID_TOKEN}
    expected = dict.fromkeys(BY_ID_TOKEN, ID_TOKEN_ANSWERS[persona])
    if persona == "wrong-nonce":
        # Google's nonce is not checked: its iOS SDK adds one that the app cannot read.
        del answers["google-oauth2"], expected["google-oauth2"]
        before = database.counts()
    assert answers == expected
    assert database.counts() == before


@pytest.mark.threat(5, 45)
def test_unknown_keys(api: Api, sandbox: Sandbox, database: Database) -> None:
    """The token is rejected if the keys were fetched for it, and may be tried again if they were fetched before."""
    before = database.counts()
    for provider in BY_ID_TOKEN:
        assert code_of(api.sign_up(sandbox.id_token(provider, "unknown-key"))) in {REJECTED, UNAVAILABLE}, provider
        assert code_of(api.sign_up(sandbox.id_token(provider, "unknown-key"))) == UNAVAILABLE, provider
    assert database.counts() == before


@pytest.mark.threat(4)
def test_check_and_profile_of_different_users(api: Api, sandbox: Sandbox, database: Database) -> None:
    """The token is rejected and no row is written."""
    before = database.counts()
    answers = {provider: code_of(api.sign_up(sandbox.token(provider, "mismatch"))) for provider in NAME_THE_USER}
    assert answers == dict.fromkeys(NAME_THE_USER, REJECTED)
    assert database.counts() == before
