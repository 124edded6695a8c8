"""The sandbox once, and the service once for each database; every test here talks to them over sockets.

Both databases and both services stay until the end: files follow one another, each begins with SQLite, and a
parametrised fixture of pytest's would start everything again at each change.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from typing import TypeAlias

import pytest
from django.conf import settings

from tests.e2e.client import Api
from tests.e2e.databases import Database, new_database
from tests.e2e.servers import Sandbox, Service, running_sandbox, running_service

ROOMY = {
    "PROVIDER_TIMEOUT": "30",
    "PROVIDER_CONCURRENCY": "40",
    "THREADS": "48",
    "THROTTLE_ANONYMOUS": "off",
    "THROTTLE_USER": "off",
}
"""Room for 32 callers at once, and a deadline that all of them meet on a machine with much to do."""
QUICK = {**ROOMY, "PROVIDER_TIMEOUT": "2"}
"""A short deadline, so that a provider's silence takes little time; honest calls may miss it."""

Note: TypeAlias = Callable[[str, object], None]
Databases: TypeAlias = Callable[[str], Database]
Services: TypeAlias = Callable[[Database], Service]


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


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Databases of this test run's own by vendor, each made when somebody first asks."""
    with ExitStack() as kept:
        yield cache(lambda vendor: kept.enter_context(new_database(vendor, tmp_path_factory.mktemp("database"))))


@pytest.fixture(scope="session")
def services(sandbox: Sandbox, databases: Databases) -> Iterator[Services]:
    """The service by database; likewise."""
    with ExitStack() as kept:
        yield cache(lambda database: kept.enter_context(running_service(sandbox, database_url=database.url, **ROOMY)))


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, databases: Databases) -> Database:
    """A database of this test run's own, on SQLite and on PostgreSQL; a service that starts on it migrates it."""
    return databases(request.param)


@pytest.fixture(scope="session")
def service(database: Database, services: Services) -> Service:
    """The service on that database."""
    return services(database)


@pytest.fixture(params=list(settings.APIS))
def api(request: pytest.FixtureRequest, service: Service) -> Api:
    """Each mounted API in turn."""
    return Api(service.url, settings.APIS[request.param])


@pytest.fixture
def apis(service: Service) -> list[Api]:
    """All mounted APIs."""
    return [Api(service.url, prefix) for prefix in settings.APIS.values()]
