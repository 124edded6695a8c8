"""Over HTTP: clients that invent a name for each call hide no other client, on any version."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from shared.http.urls import mounted
from tests.e2e.client import Api
from tests.e2e.databases import Database, new_database
from tests.e2e.servers import Sandbox, Service, running_sandbox, running_service

pytestmark = [pytest.mark.e2e, pytest.mark.threat(69)]

PLACES = 10
INVENTED = 40
SOON = 60


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with new_database("sqlite", tmp_path) as database:
        yield database


@pytest.fixture
def service(sandbox: Sandbox, database: Database) -> Iterator[Service]:
    """A service whose ledger has few places."""
    environment = {"LEDGER_CLIENTS": str(PLACES), "LEDGER_FLUSH_SECONDS": "0.2"}
    with running_service(sandbox, database_url=database.url, **environment) as service:
        yield service


def counted(database: Database) -> dict[str, set[str]]:
    """Return the versions that each client of today has called."""
    found: dict[str, set[str]] = {}
    for client, version in database.rows("SELECT client, version FROM rollout_dailycalls WHERE day >= date('now')"):
        found.setdefault(client, set()).add(version)
    return found


def test_invented_names_hide_no_other_client(service: Service, sandbox: Sandbox, database: Database) -> None:
    """Neither one of yesterday, nor one of a team, nor a new one of another user, in a new installation too."""
    database.execute(
        "INSERT INTO rollout_dailycalls (day, version, client, resource, outcome, calls)"
        " VALUES (date('now', '-1 day'), 'v1', 'Earlier/1', 'user', 'ok', 1)"
    )
    database.execute(
        "INSERT INTO rollout_clientteam (name, email, webhook_url, key_digest, key_created, webhook_secret)"
        " VALUES ('TeamApp', '', '', 'digest', date('now'), '')"
    )
    apis = [Api(service.url, prefix) for prefix in settings.APIS.values()]

    def signed_in(persona: str, client: str) -> list[Api]:
        fields, headers = sandbox.token("github", persona), {"X-Client": client}
        return [api.as_user(api.sign_up(fields, headers=headers).json()["token"]) for api in apis]

    def call(callers: list[Api], path: str, client: str) -> None:
        for api in callers:
            assert api.get(path, headers={"X-Client": client}).status_code == 200

    attackers = signed_in("ripley", "Made-up/0")
    for number in range(INVENTED):
        call(attackers, "user/", f"Made-up/{number}")
        call(apis, "provider/", f"Unknown/{number}")
    until = time.monotonic() + SOON
    while "(other)" not in counted(database):
        assert time.monotonic() < until
        time.sleep(0.1)

    call(signed_in("guest-1234567890", "NewApp/1"), "user/", "NewApp/1")
    call(apis, "provider/", "Earlier/1")
    call(apis, "provider/", "TeamApp/3.1")
    versions = {mounted(app).version for app in settings.APIS}
    while not (found := counted(database)).keys() >= {"NewApp/1", "Earlier/1"} or "TeamApp" not in str(found):
        assert time.monotonic() < until, found
        time.sleep(0.1)
    by_product = {client.partition("/")[0]: called for client, called in found.items()}
    assert [by_product[product] for product in ("NewApp", "Earlier", "TeamApp")] == [versions] * 3
    assert len(found.keys() - {"(other)", "TeamApp"}) <= PLACES
