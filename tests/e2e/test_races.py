"""Many at once (docs/threats.md, rows 15, 24 and 25), over sockets on both databases; each race is run a few times."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import cycle, islice, product
from typing import TypeVar

import pytest
from django.conf import settings

from tests.e2e.client import Api, code_of
from tests.e2e.conftest import ROOMY
from tests.e2e.databases import Database
from tests.e2e.servers import Sandbox, Service, running_service
from tests.e2e.synthetic_github import fields, inventive_github
from tests.e2e.temporary_servers import private_redis

pytestmark = pytest.mark.e2e

T = TypeVar("T")
CALLERS = 32
WORKERS = 3
AGAIN = pytest.mark.parametrize("attempt", range(4))


@pytest.fixture(scope="module")
def processes(database: Database) -> Iterator[dict[str, str]]:
    """What makes several workers of the service where the database lets there be several."""
    if database.vendor == "sqlite":
        yield {"WEB_CONCURRENCY": "1"}
        return
    with private_redis() as redis:
        yield {"WEB_CONCURRENCY": str(WORKERS), "REDIS_URL": redis.url}


@pytest.fixture(scope="module")
def service(sandbox: Sandbox, database: Database, processes: dict[str, str]) -> Iterator[Service]:
    """The service on each database, with three workers on PostgreSQL; in the place of the one that others share."""
    with running_service(sandbox, database_url=database.url, **ROOMY, **processes) as service:
        yield service


@pytest.fixture(autouse=True)
def nobody_yet(service: Service, database: Database) -> None:
    """Each race begins with an empty database."""
    database.clear()


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Make all calls at the same moment, each in a thread of its own, and give what each came to."""
    barrier = threading.Barrier(len(calls))

    def wait_and(call: Callable[[], T]) -> T:
        barrier.wait(30)
        return call()

    with ThreadPoolExecutor(len(calls)) as callers:
        return list(callers.map(wait_and, calls))


def spread(apis: list[Api], count: int, token: str | None = None) -> list[Api]:
    """Give so many callers, the versions in turn, each with connections of its own."""
    return [api.as_user(token) for api in islice(cycle(apis), count)]


@pytest.mark.threat(24)
@AGAIN
@pytest.mark.parametrize("provider", ["facebook", "twitter"])
def test_many_first_sign_ups_make_one_user(
    apis: list[Api], sandbox: Sandbox, database: Database, provider: str, attempt: int
) -> None:
    """One identity, 32 callers, both versions: one user, one association, 201 for all, one of them `created`."""
    tokens = [sandbox.token(provider, "ripley") for _ in range(CALLERS)]
    answers = at_once([partial(api.sign_up, one) for api, one in zip(spread(apis, CALLERS), tokens, strict=True)])

    assert Counter(answer.status_code for answer in answers) == {201: CALLERS}
    assert Counter(answer.json()["outcome"] for answer in answers) == {"created": 1, "signed_in": CALLERS - 1}
    assert len({answer.json()["id"] for answer in answers}) == 1
    counts = database.counts()
    assert (counts["auth_user"], counts["social_auth_usersocialauth"]) == (1, 1)
    assert counts["social_accesstoken"] == CALLERS
    assert database.orphans() == []


@pytest.mark.threat(14)
@AGAIN
def test_different_people_at_once_are_different_users(
    apis: list[Api], sandbox: Sandbox, database: Database, attempt: int
) -> None:
    """Names that differ in nothing but the person stay distinct whatever the case, and nobody fails.

    The same persona has another identity at each provider, and suggests the same name at three of them.
    """
    people = [
        sandbox.token(provider, persona)
        for provider in ("github", "twitter", "instagram")
        for persona in ("ripley", "dallas", "lambert", "parker", "ash", "zoe")
    ]
    callers = spread(apis, len(people))
    answers = at_once([partial(api.sign_up, one) for api, one in zip(callers, people, strict=True)])

    assert Counter(answer.status_code for answer in answers) == {201: len(people)}
    names = [name.lower() for (name,) in database.rows("SELECT username FROM auth_user")]
    assert len(set(names)) == len(names) == len(people)
    assert database.orphans() == []


@pytest.mark.threat(25)
@AGAIN
def test_two_users_link_one_identity(apis: list[Api], sandbox: Sandbox, database: Database, attempt: int) -> None:
    """One wins, the other is told that it is in use, and the identity is the winner's."""
    people = [apis[0].sign_up(sandbox.token("github", name)).json() for name in ("dallas", "lambert")]
    callers = [
        caller for person in people for caller in spread(apis, 4, token=person["token"])
    ]  # each user calls four times at once
    tokens = [sandbox.token("facebook", "ripley") for _ in callers]
    answers = at_once([partial(api.sign_up, one) for api, one in zip(callers, tokens, strict=True)])

    by_person = [answers[:4], answers[4:]]
    (winner,) = database.rows("SELECT user_id FROM social_auth_usersocialauth WHERE provider = 'facebook'")
    for person, own in zip(people, by_person, strict=True):
        if person["id"] == winner[0]:
            outcomes = Counter(answer.json().get("outcome") for answer in own)
            assert outcomes == {"linked": 1, "signed_in": 3}
        else:
            assert {code_of(answer) for answer in own} == {(400, "account_in_use")}
    assert database.counts()["auth_user"] == 2
    assert database.orphans() == []


@pytest.mark.threat(24, 25)
@AGAIN
def test_a_link_and_a_first_sign_up_of_one_identity(
    apis: list[Api], sandbox: Sandbox, database: Database, attempt: int
) -> None:
    """Whoever is first decides whose identity it is; nobody is left with a user and no way in."""
    token = apis[0].sign_up(sandbox.token("github", "dallas")).json()["token"]
    callers = [*spread(apis, 4, token=token), *spread(apis, 4)]
    tokens = [sandbox.token("facebook", "ripley") for _ in callers]
    answers = at_once([partial(api.sign_up, one) for api, one in zip(callers, tokens, strict=True)])

    linking, anonymous = answers[:4], answers[4:]
    assert {answer.status_code for answer in anonymous} == {201}
    outcomes = {answer.json().get("outcome") or answer.json()["code"] for answer in linking}
    assert outcomes in ({"linked", "signed_in"}, {"account_in_use"})
    assert len({answer.json()["id"] for answer in anonymous}) == 1
    assert database.orphans() == []


@pytest.mark.threat(15)
@AGAIN
def test_two_disconnects_leave_one(apis: list[Api], sandbox: Sandbox, database: Database, attempt: int) -> None:
    """Each of the two accounts is given up at the same moment; one stays, and the user can sign in by it."""
    token = apis[0].sign_up(sandbox.token("facebook", "ripley")).json()["token"]
    mine = apis[-1].as_user(token)
    mine.sign_up(sandbox.token("github", "ripley"))
    ids = [account["id"] for account in mine.get("social_account/").json()["objects"]]
    callers = spread(apis, 8, token=token)
    paths = [f"social_account/{account_id}/" for account_id in islice(cycle(ids), 8)]
    answers = at_once([partial(api.delete, path) for api, path in zip(callers, paths, strict=True)])

    statuses = Counter(answer.status_code for answer in answers)
    assert statuses[204] == 1
    assert statuses[404] + statuses[409] == 7
    assert len(mine.get("social_account/").json()["objects"]) == 1
    assert database.orphans() == []


@pytest.mark.threat(15)
@AGAIN
def test_signing_up_and_disconnecting_at_once(
    apis: list[Api], sandbox: Sandbox, database: Database, attempt: int
) -> None:
    """An account given up while its owner signs in by it: every answer is the contract's, nobody is orphaned."""
    token = apis[0].sign_up(sandbox.token("facebook", "ripley")).json()["token"]
    mine = apis[-1].as_user(token)
    mine.sign_up(sandbox.token("github", "ripley"))
    facebook = mine.get("social_account/").json()["objects"][0]["id"]
    tokens = [sandbox.token("facebook", "ripley") for _ in range(6)]
    callers = zip(spread(apis, 6), tokens, strict=True)
    deleting = partial(mine.as_user(token).delete, f"social_account/{facebook}/")
    *sign_ups, deleted = at_once([*(partial(api.sign_up, one) for api, one in callers), deleting])

    assert Counter(answer.status_code for answer in sign_ups) == {201: 6}
    assert deleted.status_code == 204
    assert database.orphans() == []


@pytest.fixture(scope="module")
def made_up(database: Database, processes: dict[str, str]) -> Iterator[Service]:
    """The service on the same database, with a provider that knows whomever a test makes up."""
    with (
        github_stub() as github,
        running_service(None, database_url=database.url, **ROOMY, **processes, **github.environment) as service,
    ):
        yield service


@pytest.mark.threat(14)
@AGAIN
def test_names_that_differ_in_case_only(made_up: Service, database: Database, attempt: int) -> None:
    """Sixteen people whose names are one name in sixteen cases, at once: all are in, no two names are alike."""
    logins = ["".join(letters) for letters in product("aA", "bB", "cC", "dD")]
    people = [fields(1000 + number, login) for number, login in enumerate(logins)]
    callers = spread([Api(made_up.url, prefix) for prefix in settings.APIS.values()], len(people))
    answers = at_once([partial(api.sign_up, one) for api, one in zip(callers, people, strict=True)])

    assert Counter(answer.status_code for answer in answers) == {201: len(people)}
    names = [name.lower() for (name,) in database.rows("SELECT username FROM auth_user")]
    assert len(set(names)) == len(names) == len(people)
    assert "abcd" in names
    assert database.orphans() == []
