"""docs/contract.md, section 7 over real sockets: every provider that the sandbox plays, all of them enabled at once."""

from collections.abc import Iterator

import pytest
from django.conf import settings

from tests.e2e.client import Api, code_of
from tests.e2e.conftest import ROOMY
from tests.e2e.databases import Database
from tests.e2e.servers import Sandbox, Service, running_service

pytestmark = pytest.mark.e2e

SAY_WHOSE = ("google-oauth2", "discord", "gitlab", "twitch", "line", "kakao")
"""Providers whose check names the application; of the others a foreign token is just no good."""
BY_ACCESS_TOKEN = ("facebook", "instagram", "twitter", "github", *SAY_WHOSE)
BY_ID_TOKEN = ("google-oauth2", "facebook", "apple-id", "oidc")

REJECTED = (400, "token_rejected")
MISMATCH = (400, "token_audience_mismatch")
NONSENSE = (502, "provider_bad_response")
UNAVAILABLE = (503, "provider_unavailable")
CREATED = (201, "")

OF_ACCESS_TOKENS = {
    "foreign": MISMATCH,
    "expired": REJECTED,
    "revoked": REJECTED,
    "error-503": UNAVAILABLE,
    "reset": UNAVAILABLE,
    "html": NONSENSE,
    "redirect": NONSENSE,
    "false-id": NONSENSE,
    "check-down": UNAVAILABLE,
    "check-nonsense": NONSENSE,
}
OF_ID_TOKENS = {
    "foreign": MISMATCH,
    "wrong-party": MISMATCH,
    "wrong-issuer": REJECTED,
    "wrong-nonce": REJECTED,
    "expired": REJECTED,
    "future": REJECTED,
    "unsigned": REJECTED,
    "public-key": REJECTED,
    "wrong-key": REJECTED,
    "unknown-key": REJECTED,
}
NAMES_THE_PERSON = ("google-oauth2", "discord", "gitlab", "twitch", "kakao")


@pytest.fixture(scope="module")
def everyone(sandbox: Sandbox, database: Database) -> Iterator[Service]:
    """The service with every provider."""
    names = {*BY_ACCESS_TOKEN, *BY_ID_TOKEN}
    more = {**ROOMY, "SOCIAL_PROVIDERS": ",".join(sorted(names))}
    with running_service(sandbox, database_url=database.url, **more) as everyone:
        yield everyone


@pytest.fixture(params=list(settings.APIS))
def api(request: pytest.FixtureRequest, everyone: Service) -> Api:
    """Each mounted API in turn, of that service."""
    return Api(everyone.url, settings.APIS[request.param])


@pytest.mark.threat(1)
def test_people_are_let_in(api: Api, sandbox: Sandbox) -> None:
    """By every provider and either kind of token; one person by both is one user."""
    for provider in BY_ACCESS_TOKEN:
        assert code_of(api.sign_up(sandbox.token(provider, "ripley"))) == CREATED, provider
    for provider in BY_ID_TOKEN:
        assert code_of(api.sign_up(sandbox.id_token(provider, "ripley"))) == CREATED, provider
    for provider in {*BY_ACCESS_TOKEN} & {*BY_ID_TOKEN}:
        by_access_token = api.sign_up(sandbox.token(provider, "ripley")).json()
        assert api.sign_up(sandbox.id_token(provider, "ripley")).json()["id"] == by_access_token["id"]


@pytest.mark.threat(1, 3, 16, 17, 18, 21)
@pytest.mark.parametrize("persona", OF_ACCESS_TOKENS)
def test_access_tokens_that_prove_nothing(api: Api, sandbox: Sandbox, database: Database, persona: str) -> None:
    """Whatever is wrong, at every provider that verifies: the contract's answer, and no row."""
    before, visits = database.counts(), sandbox.canary_visits()
    answers = {provider: code_of(api.sign_up(sandbox.token(provider, persona))) for provider in SAY_WHOSE}
    assert answers == dict.fromkeys(SAY_WHOSE, OF_ACCESS_TOKENS[persona])
    assert (database.counts(), sandbox.canary_visits()) == (before, visits)


@pytest.mark.threat(5)
@pytest.mark.parametrize("persona", OF_ID_TOKENS)
def test_id_tokens_that_prove_nothing(api: Api, sandbox: Sandbox, database: Database, persona: str) -> None:
    """Likewise, for whoever signs them."""
    before = database.counts()
    answers = {provider: code_of(api.sign_up(sandbox.id_token(provider, persona))) for provider in BY_ID_TOKEN}
    expected = dict.fromkeys(BY_ID_TOKEN, OF_ID_TOKENS[persona])
    if persona == "wrong-nonce":
        # Google's iOS SDK adds one that the app cannot read.
        del answers["google-oauth2"], expected["google-oauth2"]
        before = database.counts()
    assert answers == expected
    assert database.counts() == before


@pytest.mark.threat(4)
def test_a_check_of_one_person_and_a_profile_of_another(api: Api, sandbox: Sandbox, database: Database) -> None:
    """Nobody is let in as either."""
    before = database.counts()
    answers = {provider: code_of(api.sign_up(sandbox.token(provider, "mismatch"))) for provider in NAMES_THE_PERSON}
    assert answers == dict.fromkeys(NAMES_THE_PERSON, REJECTED)
    assert database.counts() == before
