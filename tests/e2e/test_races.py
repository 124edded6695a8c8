"""Simultaneous requests (docs/threats.md, rows 15, 24 and 25) on both databases; each race is run several times."""

import json
from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import cycle, islice, product
from typing import Any

import pytest

from tests import SECRET_KEY
from tests.e2e.client import Api, code_of
from tests.e2e.conftest import ROOMY
from tests.e2e.databases import Database
from tests.e2e.load import at_once
from tests.e2e.servers import Sandbox, Service, run_to_end, running_service
from tests.e2e.synthetic_github import fields, synthetic_github
from tests.e2e.temporary_servers import temporary_redis

pytestmark = pytest.mark.e2e

CALLERS = 32
WORKERS = 3
PERSONAS = ("ripley", "dallas", "lambert", "parker", "ash", "zoe")


def attempts(on_postgres: int) -> pytest.MarkDecorator:
    """Run a race several times with three workers on PostgreSQL, once with one on SQLite, where one call writes."""
    postgres = [pytest.param("postgres", number, marks=pytest.mark.postgres) for number in range(on_postgres)]
    return pytest.mark.parametrize(
        ("database", "attempt"), [("sqlite", 0), *postgres], indirect=["database"], scope="session"
    )


AGAIN, TWICE = attempts(4), attempts(2)
"""The second for tests that run with two providers."""


@pytest.fixture(scope="module")
def processes(database: Database) -> Iterator[dict[str, str]]:
    """The environment for several workers on PostgreSQL, and for one on SQLite."""
    if database.vendor == "sqlite":
        yield {"WEB_CONCURRENCY": "1"}
        return
    with temporary_redis() as redis:
        yield {"WEB_CONCURRENCY": str(WORKERS), "REDIS_URL": redis.url}


@pytest.fixture(scope="module")
def service(sandbox: Sandbox, database: Database, processes: dict[str, str]) -> Iterator[Service]:
    """The service on each database, with three workers on PostgreSQL, and with the synthetic GitHub."""
    with synthetic_github() as github:
        hosts = [json.loads(one["PROVIDER_HOSTS"]) for one in (sandbox.environment, github.environment)]
        more = {
            **github.environment,
            "PROVIDER_HOSTS": json.dumps(hosts[0] | hosts[1]),
            "SOCIAL_PROVIDERS": sandbox.environment["SOCIAL_PROVIDERS"],
        }
        with running_service(sandbox, database_url=database.url, **ROOMY, **processes, **more) as service:
            yield service


@pytest.fixture(autouse=True)
def empty_database(service: Service, database: Database) -> None:
    """Begin each race with an empty database."""
    database.clear()


def github(persona: str) -> dict[str, Any]:
    """Return the fields of a sign-up at the synthetic GitHub."""
    return fields(1 + PERSONAS.index(persona), persona)


def callers_of(apis: list[Api], count: int, token: str | None = None) -> list[Api]:
    """Return callers of the versions in turn, each with connections of its own."""
    return [api.as_user(token) for api in islice(cycle(apis), count)]


@pytest.mark.threat(24)
@TWICE
@pytest.mark.parametrize("provider", ["facebook", "twitter"])
def test_simultaneous_first_sign_ups_create_one_user(
    apis: list[Api], sandbox: Sandbox, database: Database, provider: str, attempt: int
) -> None:
    """32 callers with one identity get 201 and one user with one association; one answer is `created`."""
    tokens = [sandbox.token(provider, "ripley") for _ in range(CALLERS)]
    answers = at_once([partial(api.sign_up, one) for api, one in zip(callers_of(apis, CALLERS), tokens, strict=True)])

    assert Counter(answer.status_code for answer in answers) == {201: CALLERS}
    assert Counter(answer.json()["outcome"] for answer in answers) == {"created": 1, "signed_in": CALLERS - 1}
    assert len({answer.json()["id"] for answer in answers}) == 1
    counts = database.counts()
    assert (counts["auth_user"], counts["social_auth_usersocialauth"]) == (1, 1)
    assert counts["social_accesstoken"] == CALLERS
    assert database.orphans() == []


@pytest.mark.threat(14)
@AGAIN
def test_simultaneous_sign_ups_of_different_users(
    apis: list[Api], sandbox: Sandbox, database: Database, attempt: int
) -> None:
    """All sign-ups succeed, and the usernames differ without regard to case.

    A persona has a different identity at each provider, and the same name at all three.
    """
    users = [sandbox.token(provider, persona) for provider in ("twitter", "instagram") for persona in PERSONAS]
    users += [github(persona) for persona in PERSONAS]
    callers = callers_of(apis, len(users))
    answers = at_once([partial(api.sign_up, one) for api, one in zip(callers, users, strict=True)])

    assert Counter(answer.status_code for answer in answers) == {201: len(users)}
    names = [name.lower() for (name,) in database.rows("SELECT username FROM auth_user")]
    assert len(set(names)) == len(names) == len(users)
    assert database.orphans() == []


@pytest.mark.threat(25)
@AGAIN
def test_two_users_link_one_identity(apis: list[Api], sandbox: Sandbox, database: Database, attempt: int) -> None:
    """One user links it, and the other gets `account_in_use`."""
    users = [apis[0].sign_up(github(name)).json() for name in ("dallas", "lambert")]
    callers = [
        caller for user in users for caller in callers_of(apis, 4, token=user["token"])
    ]  # each user calls four times at once
    tokens = [sandbox.token("facebook", "ripley") for _ in callers]
    answers = at_once([partial(api.sign_up, one) for api, one in zip(callers, tokens, strict=True)])

    by_user = [answers[:4], answers[4:]]
    (winner,) = database.rows("SELECT user_id FROM social_auth_usersocialauth WHERE provider = 'facebook'")
    for user, own in zip(users, by_user, strict=True):
        if user["id"] == winner[0]:
            outcomes = Counter(answer.json().get("outcome") for answer in own)
            assert outcomes == {"linked": 1, "signed_in": 3}
        else:
            assert {code_of(answer) for answer in own} == {(400, "account_in_use")}
    assert database.counts()["auth_user"] == 2
    assert database.orphans() == []


@pytest.mark.threat(24, 25)
@AGAIN
def test_link_and_first_sign_up_of_one_identity(
    apis: list[Api], sandbox: Sandbox, database: Database, attempt: int
) -> None:
    """The first request decides whose identity it is, and no user is left without an association."""
    token = apis[0].sign_up(github("dallas")).json()["token"]
    callers = [*callers_of(apis, 4, token=token), *callers_of(apis, 4)]
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
def test_simultaneous_disconnects_leave_one(
    apis: list[Api], sandbox: Sandbox, database: Database, attempt: int
) -> None:
    """Of two accounts that are disconnected at the same moment, one remains."""
    token = apis[0].sign_up(sandbox.token("facebook", "ripley")).json()["token"]
    mine = apis[-1].as_user(token)
    mine.sign_up(github("ripley"))
    ids = [account["id"] for account in mine.get("social_account/").json()["objects"]]
    callers = callers_of(apis, 8, token=token)
    paths = [f"social_account/{account_id}/" for account_id in islice(cycle(ids), 8)]
    answers = at_once([partial(api.delete, path) for api, path in zip(callers, paths, strict=True)])

    statuses = Counter(answer.status_code for answer in answers)
    assert statuses[204] == 1
    assert statuses[404] + statuses[409] == 7
    assert len(mine.get("social_account/").json()["objects"]) == 1
    assert database.orphans() == []


@pytest.mark.threat(15)
@AGAIN
def test_simultaneous_sign_ins_and_disconnect(
    apis: list[Api], sandbox: Sandbox, database: Database, attempt: int
) -> None:
    """All sign-ins and the disconnect succeed, and no user is left without an association."""
    token = apis[0].sign_up(sandbox.token("facebook", "ripley")).json()["token"]
    mine = apis[-1].as_user(token)
    mine.sign_up(github("ripley"))
    facebook = mine.get("social_account/").json()["objects"][0]["id"]
    tokens = [sandbox.token("facebook", "ripley") for _ in range(6)]
    callers = zip(callers_of(apis, 6), tokens, strict=True)
    deleting = partial(mine.as_user(token).delete, f"social_account/{facebook}/")
    *sign_ups, deleted = at_once([*(partial(api.sign_up, one) for api, one in callers), deleting])

    assert Counter(answer.status_code for answer in sign_ups) == {201: 6}
    assert deleted.status_code == 204
    assert database.orphans() == []


@pytest.mark.threat(14)
@AGAIN
def test_names_that_differ_in_case_only(apis: list[Api], database: Database, attempt: int) -> None:
    """Sixteen simultaneous sign-ups with one name in different case get names that differ without regard to case."""
    logins = ["".join(letters) for letters in product("aA", "bB", "cC", "dD")]
    users = [fields(1000 + number, login) for number, login in enumerate(logins)]
    callers = callers_of(apis, len(users))
    answers = at_once([partial(api.sign_up, one) for api, one in zip(callers, users, strict=True)])

    assert Counter(answer.status_code for answer in answers) == {201: len(users)}
    names = [name.lower() for (name,) in database.rows("SELECT username FROM auth_user")]
    assert len(set(names)) == len(names) == len(users)
    assert "abcd" in names
    assert database.orphans() == []


DEACTIVATES = """
import requests
from django.contrib.auth.models import User
from django.db import transaction
user = User.objects.get()
user.is_active = False
with transaction.atomic():
    user.save()
    for url in {urls!r}:
        print(requests.post(url, json={body!r}, timeout=60).json()["token"])
user.is_active = True
user.save()
"""


@pytest.mark.threat(64)
@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgres"], indirect=True, scope="session")
def test_a_sign_in_ends_while_its_user_is_being_deactivated(apis: list[Api], database: Database) -> None:
    """Its token does not come alive when the user is activated again, but the person can sign in again."""
    created = apis[0].sign_up(github("ripley")).json()
    code = DEACTIVATES.format(urls=[f"{api.service}{api.root}social_sign_up/" for api in apis], body=github("ripley"))
    own = {"SECRET_KEY": SECRET_KEY, "DATABASE_URL": database.url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    ended = run_to_end("django", own, "shell", "--no-imports", "--command", code)
    assert ended.returncode == 0, ended.stderr
    issued = ended.stdout.split()
    assert len(issued) == len(apis)
    for api, token in product(apis, issued):
        assert code_of(api.as_user(token).get("user/")) == (401, "invalid_credentials")
    again = [api.sign_up(github("ripley")).json() for api in apis]
    assert {(one["id"], one["outcome"]) for one in again} == {(created["id"], "signed_in")}
    assert {api.as_user(one["token"]).get("user/").status_code for api, one in zip(apis, again, strict=True)} == {200}
