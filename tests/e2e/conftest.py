"""One sandbox, and one service for each database, which most tests share.

They run until the end of the session. A parametrised session fixture would start them again whenever a file changes
from one database to the other.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from typing import TypeAlias

import pytest
from django.conf import settings

from sandbox.providers import PROVIDERS
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
"""Capacity for 32 callers at once, and a deadline that they meet on a busy machine."""
QUICK = {**ROOMY, "PROVIDER_TIMEOUT": "2"}
"""A short deadline, so that tests of silent providers are quick; other calls may miss it on a busy machine."""

ONE_DATABASE = pytest.mark.parametrize("database", ["sqlite"], indirect=True, scope="session")
"""For tests whose result no database decides: they run on SQLite only."""

Note: TypeAlias = Callable[[str, object], None]
Databases: TypeAlias = Callable[[str], Database]
Services: TypeAlias = Callable[[Database], Service]


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Note:
    """Return a function that puts a measured value into the report of the run, and prints it."""

    def add(name: str, value: object) -> None:
        request.node.user_properties.append((name, value))
        sys.stdout.write(f"{request.node.name}: {name}: {value}\n")

    return add


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """A running sandbox."""
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Return a function that returns the database of a vendor; it is created at its first use."""
    with ExitStack() as kept:
        yield cache(lambda vendor: kept.enter_context(new_database(vendor, tmp_path_factory.mktemp("database"))))


@pytest.fixture(scope="session")
def services(sandbox: Sandbox, databases: Databases) -> Iterator[Services]:
    """Return a function that returns the service on a database, with every provider of the sandbox enabled."""
    with ExitStack() as kept:
        more = {**ROOMY, "ADMIN": "1", "SOCIAL_PROVIDERS": ",".join(provider.name for provider in PROVIDERS)}
        yield cache(lambda database: kept.enter_context(running_service(sandbox, database_url=database.url, **more)))


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, databases: Databases) -> Database:
    """A database of this test run, on SQLite and on PostgreSQL."""
    return databases(request.param)


@pytest.fixture(scope="session")
def sqlite(databases: Databases) -> Database:
    """The database of this test run on SQLite, for tests of what does not depend on the database."""
    return databases("sqlite")


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
