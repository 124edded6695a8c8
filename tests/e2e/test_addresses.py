"""E-mail addresses over sockets (docs/contract.md, section 7): what is stored, and what an allow list lets in."""

from collections.abc import Iterator

import pytest
from django.conf import settings

from tests.e2e.client import Api, code_of
from tests.e2e.conftest import ONE_DATABASE, ROOMY, Databases
from tests.e2e.databases import Database
from tests.e2e.servers import Sandbox, Service, running_service

pytestmark = pytest.mark.e2e

FLAGGED = ("apple-id", "discord", "gitlab", "kakao", "oidc")
"""Providers of the sandbox with a flag; at Google an unverified address is refused altogether."""
PROMISED = ("twitter", "twitch")
UNKNOWN = ("facebook", "github", "instagram", "line")
"""Providers that say nothing about the address, or have none."""


@pytest.fixture(scope="module")
def service_with_list(sandbox: Sandbox, databases: Databases) -> Iterator[Service]:
    """The service with an allow list of the domain that the personas' addresses have."""
    more = {**ROOMY, "SOCIAL_PROVIDERS": ",".join(("google-oauth2", *FLAGGED, *PROMISED, *UNKNOWN))}
    allowed = {"SOCIAL_AUTH_WHITELISTED_DOMAINS": '["example.com"]'}
    url = databases("sqlite").url
    with running_service(sandbox, database_url=url, **more, **allowed) as service:
        yield service


@pytest.fixture(params=list(settings.APIS))
def listed(request: pytest.FixtureRequest, service_with_list: Service) -> Api:
    """Each mounted API of the service with the allow list."""
    return Api(service_with_list.url, settings.APIS[request.param])


def stored(api: Api, database: Database, fields: dict[str, str]) -> str:
    """Sign up, in again, and read the user: return the address, on which all answers and the row must agree."""
    database.clear()
    created, signed_in = api.sign_up(fields), api.sign_up(fields)
    assert (created.status_code, created.json().get("outcome")) == (201, "created"), created.text
    assert signed_in.json()["outcome"] == "signed_in"
    users = api.as_user(created.json()["token"]).get("user/").json()["objects"]
    rows = database.rows("SELECT email FROM auth_user")
    (email,) = {created.json()["email"], signed_in.json()["email"], users[0]["email"], rows[0][0]}
    return str(email)


@pytest.mark.threat(39)
@ONE_DATABASE
def test_an_unverified_address_is_not_stored(api: Api, sandbox: Sandbox, database: Database) -> None:
    """A provider's flag keeps the address of one person out, and leaves that of another."""
    for provider in FLAGGED:
        assert stored(api, database, sandbox.token(provider, "unverified-email")) == "", provider
        assert stored(api, database, sandbox.token(provider, "ripley")) == "ripley@example.com", provider


@pytest.mark.threat(44)
@ONE_DATABASE
def test_an_address_with_a_control_character_is_not_stored(api: Api, sandbox: Sandbox, database: Database) -> None:
    """Django's validator accepts one in a quoted local part; the sign-up succeeds without the address."""
    for provider in ("facebook", "google-oauth2", *FLAGGED, *PROMISED):
        assert stored(api, database, sandbox.token(provider, "odd-email")) == "", provider


@pytest.mark.threat(38)
def test_an_allow_list_lets_verified_addresses_in(listed: Api, sandbox: Sandbox, sqlite: Database) -> None:
    """A verified address satisfies the list; one that is not, or that nothing vouches for, does not."""
    sqlite.clear()
    before = sqlite.counts()
    for provider in ("google-oauth2", *FLAGGED, *PROMISED):
        assert code_of(listed.sign_up(sandbox.token(provider, "unverified-email"))) == (403, "sign_up_not_allowed")
    for provider in UNKNOWN:
        assert code_of(listed.sign_up(sandbox.token(provider, "ripley"))) == (403, "sign_up_not_allowed"), provider
    assert sqlite.counts() == before
    for provider in ("google-oauth2", *FLAGGED, *PROMISED):
        assert listed.sign_up(sandbox.token(provider, "ripley")).status_code == 201, provider


@pytest.mark.threat(8)
@ONE_DATABASE
def test_a_check_without_an_id(api: Api, sandbox: Sandbox, database: Database) -> None:
    """Neither check nor profile names the user: the provider's fault, and no row."""
    before = database.counts()
    for provider in ("discord", "gitlab", "kakao", "line", "twitch"):
        for persona in ("no-id", "empty-id"):
            answer = api.sign_up(sandbox.token(provider, persona))
            assert code_of(answer) == (502, "provider_bad_response"), (provider, persona)
    assert database.counts() == before
