"""The sandbox once, and the service once for each database; every test here talks to them over sockets."""

import sys
from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest
from django.conf import settings

from tests.e2e.client import Api
from tests.e2e.databases import Database, new_database
from tests.e2e.servers import Sandbox, Service, running_sandbox, running_service

QUICK = {
    "PROVIDER_TIMEOUT": "2",
    "PROVIDER_CONCURRENCY": "40",
    "THREADS": "48",
    "THROTTLE_ANONYMOUS": "off",
    "THROTTLE_USER": "off",
}
"""A short deadline, so that a provider's silence takes little time, and room for 32 callers at once."""

Note: TypeAlias = Callable[[str, object], None]


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Note:
    """Keep a figure that was measured: it stands in the report of the run, and on the screen with `-s`."""

    def keep(name: str, value: object) -> None:
        request.node.user_properties.append((name, value))
        sys.stdout.write(f"{request.node.name}: {name}: {value}\n")

    return keep


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """The providers on this machine."""
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database of this test run's own, on SQLite and on PostgreSQL; `service` has migrated it."""
    with new_database(request.param, tmp_path_factory.mktemp("database")) as database:
        yield database


@pytest.fixture(scope="session")
def service(sandbox: Sandbox, database: Database) -> Iterator[Service]:
    """The service on that database, with a deadline of two seconds."""
    with running_service(sandbox, database_url=database.url, **QUICK) as service:
        yield service


@pytest.fixture(params=list(settings.APIS))
def api(request: pytest.FixtureRequest, service: Service) -> Api:
    """Each mounted API in turn."""
    return Api(service.url, settings.APIS[request.param])


@pytest.fixture
def apis(service: Service) -> list[Api]:
    """All mounted APIs."""
    return [Api(service.url, prefix) for prefix in settings.APIS.values()]
