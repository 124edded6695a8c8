"""A provider that is slow, hung or away harms nobody else (docs/threats.md, rows 17, 19 and 23)."""

import json
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing, contextmanager

import pytest
import requests
from django.conf import settings

from tests.e2e.client import Api, code_of
from tests.e2e.conftest import ROOMY, Note
from tests.e2e.databases import Database, new_database
from tests.e2e.servers import Sandbox, Service, free_port, running_service
from tests.rollout.metrics.scraping import AUTHORIZED, TOKEN, value

pytestmark = pytest.mark.e2e

PREFIXES = list(settings.APIS.values())
DEADLINE = 8.0
FIVE = ("facebook", "google-oauth2", "github", "instagram", "twitter")


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database that no other service is connected to, as connections are counted here."""
    with new_database(request.param, tmp_path_factory.mktemp("isolated")) as database:
        yield database


@pytest.fixture(scope="module")
def patient(sandbox: Sandbox, database: Database) -> Iterator[Service]:
    """The service with ten threads, a longer deadline, two places at a provider and, on PostgreSQL, one connection."""
    bounds = {
        "PROVIDER_TIMEOUT": str(DEADLINE),
        "THREADS": "10",
        "PROVIDER_CONCURRENCY": "2",
        "DATABASE_POOL_SIZE": "1",
        "METRICS_TOKEN": TOKEN,
    }
    with running_service(sandbox, database_url=database.url, **{**ROOMY, **bounds}) as service:
        yield service


def until_asked(service: str, provider: str, callers: int) -> None:
    """Return when so many callers wait for the provider."""
    until = time.monotonic() + DEADLINE
    while True:
        answer = requests.get(f"{service}/metrics", headers=AUTHORIZED, timeout=10)
        if value(answer.text, "tandem_provider_in_progress", provider=provider) == callers:
            return
        assert time.monotonic() < until
        time.sleep(0.05)


@contextmanager
def hanging(api: Api, sandbox: Sandbox, provider: str, *, callers: int) -> Iterator[None]:
    """Let so many callers wait for a provider that stays silent; at the end all of them have timed out."""
    fields = [sandbox.token(provider, "hang") for _ in range(callers)]
    with ThreadPoolExecutor(callers) as pool:
        waiting = [pool.submit(Api(api.service, api.prefix).sign_up, one) for one in fields]
        until_asked(api.service, provider, callers)
        yield
        assert not any(one.done() for one in waiting), "it took longer than the deadline to look"
        assert {code_of(one.result()) for one in waiting} == {(504, "provider_timeout")}


@pytest.mark.threat(19)
def test_a_slow_answer_within_the_deadline_is_good(patient: Service, sandbox: Sandbox) -> None:
    """Three seconds are fine where eight are allowed: the deadline is no limit for the honest."""

    def sign_up(prefix: str) -> requests.Response:
        return Api(patient.url, prefix).sign_up(sandbox.token("github", "slow"))

    with ThreadPoolExecutor(len(PREFIXES)) as callers:
        answers = list(callers.map(sign_up, PREFIXES))
    assert [answer.status_code for answer in answers] == [201] * len(PREFIXES)
    assert len({answer.json()["id"] for answer in answers}) == 1


@pytest.mark.threat(23)
@pytest.mark.parametrize("prefix", PREFIXES)
def test_one_provider_hangs_and_the_rest_is_served(patient: Service, sandbox: Sandbox, prefix: str) -> None:
    """With both places of a provider taken, a third caller is told to retry; others, and reads, do not wait.

    On PostgreSQL this process has one connection: whoever waits for a provider holds none.
    """
    api = Api(patient.url, prefix)
    mine = api.as_user(api.sign_up(sandbox.token("github", "ripley")).json()["token"])
    with hanging(api, sandbox, "facebook", callers=2):
        assert mine.get("user/").status_code == 200
        assert api.sign_up(sandbox.token("github", "dallas")).status_code == 201
        assert requests.get(f"{patient.url}/readyz", timeout=10).status_code == 200

        refused = api.sign_up(sandbox.token("facebook", "ripley"))
        assert code_of(refused) == (503, "provider_unavailable")
        assert int(refused.headers["Retry-After"]) >= 1
    assert api.sign_up(sandbox.token("facebook", "ripley")).status_code == 201


@pytest.mark.threat(23)
def test_a_linking_call_holds_no_connection_either(patient: Service, sandbox: Sandbox) -> None:
    """A caller whose credential was read from the database gives the connection back before waiting."""
    first, last = Api(patient.url, PREFIXES[0]), Api(patient.url, PREFIXES[-1])
    mine = last.as_user(first.sign_up(sandbox.token("github", "lambert")).json()["token"])
    fields = [sandbox.token("facebook", "hang") for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(mine.as_user(mine.token).sign_up, one) for one in fields]
        until_asked(patient.url, "facebook", 2)
        assert [mine.get("user/").status_code for _ in range(5)] == [200] * 5
        assert not any(one.done() for one in waiting)
        assert [code_of(one.result()) for one in waiting] == [(504, "provider_timeout")] * 2


@pytest.mark.threat(23)
def test_neither_all_threads_nor_a_connection_wait_for_five_providers(
    patient: Service, sandbox: Sandbox, database: Database, note: Note
) -> None:
    """Five hang, with as many callers as there are threads: nine wait, the last one is told to retry.

    So whoever needs no provider is served: reads, and a sign-in by an id_token whose key is known, at a provider that
    hangs as well. The callers are new ones and linking ones; the process has one connection.
    """
    first, last = Api(patient.url, PREFIXES[0]), Api(patient.url, PREFIXES[-1])
    by_id_token = sandbox.id_token("google-oauth2", "parker")
    mine = first.as_user(first.sign_up(by_id_token).json()["token"])
    callers = [last, mine] * 5
    fields = [sandbox.token(provider, "hang") for provider in FIVE for _ in range(2)]
    with ThreadPoolExecutor(len(callers)) as pool:
        waiting = [
            pool.submit(caller.as_user(caller.token).sign_up, one) for caller, one in zip(callers, fields, strict=True)
        ]
        # As the one who is refused has come last, all others are in.
        refused = next(as_completed(waiting)).result()
        assert code_of(refused) == (503, "provider_unavailable")
        assert int(refused.headers["Retry-After"]) >= 1
        for prefix in PREFIXES:
            assert Api(patient.url, prefix, mine.token).get("user/").status_code == 200
            assert Api(patient.url, prefix).get("provider/").status_code == 200
            assert Api(patient.url, prefix).sign_up(by_id_token).json()["outcome"] == "signed_in"
        held = transactions(database)
        assert sum(one.done() for one in waiting) == 1
        note("connections of the service, open transactions, while nine wait", held)
        connections, in_transaction = held
        assert connections <= 1
        assert in_transaction == 0
        answers = sorted(code_of(one.result()) for one in waiting)
        assert answers == [(503, "provider_unavailable"), *[(504, "provider_timeout")] * 9]


def transactions(database: Database) -> tuple[int, int]:
    """Give how many connections the service has, and how many of them are in a transaction.

    SQLite does not tell; there, that somebody else can write at once says that nobody holds it.
    """
    if database.vendor == "sqlite":
        with closing(sqlite3.connect(database.url.removeprefix("sqlite:///"), timeout=1)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            return 0, 0
    sessions = database.sessions()
    return len(sessions), sum("in transaction" in state for state in sessions)


@pytest.mark.threat(17)
def test_a_provider_that_refuses_connections_is_unavailable(sandbox: Sandbox) -> None:
    """Nobody listens where the provider should be: 503, and the client may retry."""
    hosts = json.loads(sandbox.environment["PROVIDER_HOSTS"])
    closed = f"http://127.0.0.1:{free_port()}"
    environment = {"PROVIDER_HOSTS": json.dumps(dict.fromkeys(hosts, closed))}
    with running_service(sandbox, **{**ROOMY, **environment}) as service:
        for prefix in PREFIXES:
            for provider in FIVE:
                answer = Api(service.url, prefix).sign_up(sandbox.token(provider, "ripley"))
                assert code_of(answer) == (503, "provider_unavailable"), provider
                assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.threat(17, 19)
@pytest.mark.parametrize("persona", ["reset", "hang"])
def test_a_kept_connection_that_died_is_not_reused(patient: Service, sandbox: Sandbox, persona: str) -> None:
    """After a failure on a connection the next honest call of the same provider succeeds at once."""
    api = Api(patient.url, PREFIXES[-1])
    assert api.sign_up(sandbox.token("twitter", "parker")).status_code == 201
    assert api.sign_up(sandbox.token("twitter", persona)).status_code in {503, 504}
    assert api.sign_up(sandbox.token("twitter", "parker")).status_code == 201
