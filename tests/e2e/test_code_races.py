"""Authorization codes in simultaneous requests, and in requests of a service that is killed, on both databases."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
import requests

from tests.e2e.client import Api, code_of
from tests.e2e.code_providers import CodeProviders, code_providers
from tests.e2e.conftest import ONE_DATABASE, ROOMY
from tests.e2e.databases import Database
from tests.e2e.load import PREFIXES, at_once
from tests.e2e.servers import Service, killable_service, running_service
from tests.e2e.test_races import AGAIN, CALLERS, TWICE, callers_of, processes

__all__ = ["processes"]

pytestmark = [pytest.mark.e2e, pytest.mark.threat(24, 47)]

NOTHING = {"auth_user": 0, "social_auth_usersocialauth": 0, "social_accesstoken": 0, "social_auth_partial": 0}
ONE_SIGN_UP = {"auth_user": 1, "social_auth_usersocialauth": 1, "social_accesstoken": 1, "social_auth_partial": 0}
REJECTED = (400, "token_rejected")


@pytest.fixture(scope="module")
def providers() -> Iterator[CodeProviders]:
    with code_providers() as providers:
        yield providers


@pytest.fixture(scope="module")
def service(providers: CodeProviders, database: Database, processes: dict[str, str]) -> Iterator[Service]:
    """The service on each database, with three workers on PostgreSQL."""
    more = {**ROOMY, **processes, **providers.environment}
    with running_service(None, database_url=database.url, **more) as service:
        yield service


@pytest.fixture(autouse=True)
def empty_database(service: Service, database: Database) -> None:
    """Begin each race with an empty database."""
    database.clear()


@TWICE
@pytest.mark.parametrize("provider", ["github", "google-oauth2"])
def test_one_code_signs_up_once(
    apis: list[Api], providers: CodeProviders, database: Database, provider: str, attempt: int
) -> None:
    """Of 32 callers with one code one is answered `created`, and the others `token_rejected`."""
    fields = providers.code(provider, 1)
    answers = at_once([partial(api.sign_up, fields) for api in callers_of(apis, CALLERS)])

    assert Counter(map(code_of, answers)) == {(201, ""): 1, REJECTED: CALLERS - 1}
    assert [answer.json()["outcome"] for answer in answers if answer.status_code == 201] == ["created"]
    assert len(providers.sent(fields["code"])) == CALLERS
    assert database.counts() == ONE_SIGN_UP
    assert database.orphans() == []


@TWICE
@pytest.mark.parametrize("provider", ["github", "google-oauth2"])
def test_one_person_with_many_codes_is_one_user(
    apis: list[Api], providers: CodeProviders, database: Database, provider: str, attempt: int
) -> None:
    """32 callers with a code each of one person get one user; one answer is `created`."""
    codes = [providers.code(provider, 1) for _ in range(CALLERS)]
    answers = at_once([partial(api.sign_up, one) for api, one in zip(callers_of(apis, CALLERS), codes, strict=True)])

    assert Counter(answer.status_code for answer in answers) == {201: CALLERS}
    assert Counter(answer.json()["outcome"] for answer in answers) == {"created": 1, "signed_in": CALLERS - 1}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert [len(providers.sent(one["code"])) for one in codes] == [1] * CALLERS
    assert database.counts() == {**ONE_SIGN_UP, "social_accesstoken": CALLERS}
    assert database.orphans() == []


@pytest.mark.threat(25)
@AGAIN
def test_one_code_links_once(apis: list[Api], providers: CodeProviders, database: Database, attempt: int) -> None:
    """Of two users and of anonymous callers with one code, one gets its identity."""
    users = [apis[0].sign_up(providers.code("google-oauth2", uid)).json() for uid in (2, 3)]
    tokens = [users[0]["token"], users[1]["token"], None]
    callers = [caller for token in tokens for caller in callers_of(apis, 10, token=token)]
    fields = providers.code("github", 1)
    answers = at_once([partial(api.sign_up, fields) for api in callers])

    assert Counter(map(code_of, answers)) == {(201, ""): 1, REJECTED: len(callers) - 1}
    [outcome] = [answer.json()["outcome"] for answer in answers if answer.status_code == 201]
    assert outcome in {"linked", "created"}
    created = 1 if outcome == "created" else 0
    assert database.counts() == {
        "auth_user": 2 + created,
        "social_auth_usersocialauth": 3,
        "social_accesstoken": 2 + created,
        "social_auth_partial": 0,
    }
    assert database.orphans() == []


@AGAIN
def test_a_provider_that_revokes_after_a_second_use(
    apis: list[Api], providers: CodeProviders, database: Database, attempt: int
) -> None:
    """If a second use revokes the tokens of the first (RFC 6749 section 4.1.2), at most one caller is signed up.

    The one who exchanged the code may find the token revoked before the profile is requested.
    """
    fields = providers.code("github", 1)
    providers.revokes = True
    try:
        answers = at_once([partial(api.sign_up, fields) for api in callers_of(apis, CALLERS)])
    finally:
        providers.revokes = False

    codes = Counter(map(code_of, answers))
    created = codes.pop((201, ""), 0)
    assert created <= 1
    assert codes == {REJECTED: CALLERS - created}
    assert database.counts() == (ONE_SIGN_UP if created else NOTHING)
    assert database.orphans() == []


@ONE_DATABASE
def test_a_service_is_killed_during_an_exchange(providers: CodeProviders, database: Database) -> None:
    """No row is written; the code is spent, and the person signs up with another one."""
    environment = {**ROOMY, **providers.environment, "WEB_CONCURRENCY": "1"}
    fields = providers.code("github", 1)
    exchanged, resumes = threading.Event(), threading.Event()

    def wait() -> None:
        exchanged.set()
        resumes.wait(60)

    with (
        killable_service(None, database_url=database.url, **environment) as killed,
        ThreadPoolExecutor(1) as caller,
    ):
        providers.before = wait
        try:
            call = caller.submit(Api(killed.url, PREFIXES[0]).sign_up, fields)
            assert exchanged.wait(60)
            killed.kill()
        finally:
            providers.before = lambda: None
            resumes.set()
        with pytest.raises(requests.ConnectionError):
            call.result()
    assert database.counts() == NOTHING
    with running_service(None, database_url=database.url, **environment) as service:
        for prefix in PREFIXES:
            assert code_of(Api(service.url, prefix).sign_up(fields)) == REJECTED
        assert database.counts() == NOTHING
        assert Api(service.url, PREFIXES[0]).sign_up(providers.code("github", 1)).json()["outcome"] == "created"
    assert len(providers.sent(fields["code"])) == 1 + len(PREFIXES)
