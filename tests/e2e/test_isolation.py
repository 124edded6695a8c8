"""A slow, hanging or unreachable provider affects no other request (docs/threats.md, rows 17, 19 and 23)."""

import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

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
ONE_DATABASE = pytest.mark.parametrize("database", ["sqlite"], indirect=True, scope="module")
"""The waiting requests may hold connections and transactions; the other tests run on SQLite only."""
UNREACHABLE = ("discord", "gitlab", "kakao", "line", "twitch")


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database that no other service uses, because its connections are counted."""
    with new_database(request.param, tmp_path_factory.mktemp("isolated")) as database:
        yield database


@pytest.fixture(scope="module")
def service(sandbox: Sandbox, database: Database) -> Iterator[Service]:
    """The service with ten threads, a concurrency limit of two, one database connection, and unreachable providers."""
    hosts = json.loads(sandbox.environment["PROVIDER_HOSTS"])
    closed = f"http://127.0.0.1:{free_port()}"
    at = {host: closed for host, url in hosts.items() if urlsplit(url).path.split("/")[1] in UNREACHABLE}
    bounds = {
        "SOCIAL_PROVIDERS": ",".join(FIVE + UNREACHABLE),
        "PROVIDER_HOSTS": json.dumps(hosts | at),
        "PROVIDER_TIMEOUT": str(DEADLINE),
        "THREADS": "10",
        "PROVIDER_CONCURRENCY": "2",
        "DATABASE_POOL_SIZE": "1",
        "METRICS_TOKEN": TOKEN,
    }
    with running_service(sandbox, database_url=database.url, **{**ROOMY, **bounds}) as service:
        yield service


def wait_for_callers(service: str, provider: str, callers: int) -> None:
    """Wait until so many calls to the provider are in progress."""
    until = time.monotonic() + DEADLINE
    while True:
        answer = requests.get(f"{service}/metrics", headers=AUTHORIZED, timeout=10)
        if value(answer.text, "tandem_provider_in_progress", provider=provider) == callers:
            return
        assert time.monotonic() < until
        time.sleep(0.05)


@contextmanager
def hanging(callers: Sequence[Api], sandbox: Sandbox, provider: str) -> Iterator[None]:
    """Let the callers wait for a silent provider; at the end of the block all of them time out."""
    fields = [sandbox.token(provider, "hang") for _ in callers]
    with ThreadPoolExecutor(len(callers)) as pool:
        waiting = [
            pool.submit(caller.as_user(caller.token).sign_up, one) for caller, one in zip(callers, fields, strict=True)
        ]
        wait_for_callers(callers[0].service, provider, len(callers))
        yield
        assert not any(one.done() for one in waiting), "the block took longer than the deadline"
        assert {code_of(one.result()) for one in waiting} == {(504, "provider_timeout")}


@ONE_DATABASE
@pytest.mark.threat(19)
def test_a_slow_answer_within_the_deadline(service: Service, sandbox: Sandbox) -> None:
    """An answer after three seconds is accepted if eight are allowed."""

    def sign_up(prefix: str) -> requests.Response:
        return Api(service.url, prefix).sign_up(sandbox.token("github", "slow"))

    with ThreadPoolExecutor(len(PREFIXES)) as callers:
        answers = list(callers.map(sign_up, PREFIXES))
    assert [answer.status_code for answer in answers] == [201] * len(PREFIXES)
    assert len({answer.json()["id"] for answer in answers}) == 1


@pytest.mark.threat(19, 23)
def test_one_hanging_provider(service: Service, sandbox: Sandbox) -> None:
    """While a new and a linking caller wait, a third is refused; reads and other providers are served on each version.

    The service has one connection on PostgreSQL, so the waiting requests hold none, also if their credential was read
    from the database. Afterwards the provider's persistent connections, on which it was silent, are not used again.
    """
    apis = [Api(service.url, prefix) for prefix in PREFIXES]
    token = apis[0].sign_up(sandbox.token("github", "ripley")).json()["token"]
    for api in apis:
        assert api.sign_up(sandbox.token("facebook", "ripley")).status_code == 201
    with hanging([apis[0], apis[-1].as_user(token)], sandbox, "facebook"):
        for api in apis:
            assert [api.as_user(token).get("user/").status_code for _ in range(5)] == [200] * 5
            assert api.sign_up(sandbox.token("github", "dallas")).status_code == 201
            refused = api.sign_up(sandbox.token("facebook", "ripley"))
            assert code_of(refused) == (503, "provider_unavailable")
            assert int(refused.headers["Retry-After"]) >= 1
        assert requests.get(f"{service.url}/readyz", timeout=10).status_code == 200
    for api in apis:
        assert api.sign_up(sandbox.token("facebook", "ripley")).status_code == 201


@pytest.mark.threat(23)
def test_five_hanging_providers(service: Service, sandbox: Sandbox, database: Database, note: Note) -> None:
    """Of as many callers as there are threads, nine wait and the last one is refused.

    So requests without a provider call are served: reads, and a sign-in by an id_token whose key is cached, even at a
    hanging provider. Half of the callers link; the waiting requests hold no connection and no transaction.
    """
    first, last = Api(service.url, PREFIXES[0]), Api(service.url, PREFIXES[-1])
    by_id_token = sandbox.id_token("google-oauth2", "parker")
    mine = first.as_user(first.sign_up(by_id_token).json()["token"])
    callers = [last, mine] * 5
    fields = [sandbox.token(provider, "hang") for provider in FIVE for _ in range(2)]
    with ThreadPoolExecutor(len(callers)) as pool:
        waiting = [
            pool.submit(caller.as_user(caller.token).sign_up, one) for caller, one in zip(callers, fields, strict=True)
        ]
        # The tenth is refused because the nine others are in progress.
        refused = next(as_completed(waiting)).result()
        assert code_of(refused) == (503, "provider_unavailable")
        assert int(refused.headers["Retry-After"]) >= 1
        for prefix in PREFIXES:
            assert Api(service.url, prefix, mine.token).get("user/").status_code == 200
            assert Api(service.url, prefix).get("provider/").status_code == 200
            assert Api(service.url, prefix).sign_up(by_id_token).json()["outcome"] == "signed_in"
        held = transactions(database)
        assert sum(one.done() for one in waiting) == 1
        note("connections of the service, open transactions, while nine wait", held)
        connections, in_transaction = held
        assert connections <= 1
        assert in_transaction == 0
        answers = sorted(code_of(one.result()) for one in waiting)
        assert answers == [(503, "provider_unavailable"), *[(504, "provider_timeout")] * 9]


def transactions(database: Database) -> tuple[int, int]:
    """Return the number of connections of the service, and of those in a transaction.

    SQLite cannot list them; there, the test itself can write at once only if there is no other transaction.
    """
    if database.vendor == "sqlite":
        with closing(sqlite3.connect(database.url.removeprefix("sqlite:///"), timeout=1)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            return 0, 0
    sessions = database.sessions()
    return len(sessions), sum("in transaction" in state for state in sessions)


@ONE_DATABASE
@pytest.mark.threat(17)
def test_an_unreachable_provider(service: Service, sandbox: Sandbox) -> None:
    """If the provider's port is closed the answer is 503 with Retry-After."""
    for prefix in PREFIXES:
        for provider in UNREACHABLE:
            answer = Api(service.url, prefix).sign_up(sandbox.token(provider, "ripley"))
            assert code_of(answer) == (503, "provider_unavailable"), provider
            assert int(answer.headers["Retry-After"]) >= 1


@ONE_DATABASE
@pytest.mark.threat(17)
def test_a_reset_connection_is_not_used_again(service: Service, sandbox: Sandbox) -> None:
    """After a reset of a persistent connection the next call to the same provider succeeds."""
    api = Api(service.url, PREFIXES[-1])
    assert api.sign_up(sandbox.token("twitter", "parker")).status_code == 201
    assert code_of(api.sign_up(sandbox.token("twitter", "reset"))) == (503, "provider_unavailable")
    assert api.sign_up(sandbox.token("twitter", "parker")).status_code == 201
