"""The sandbox and the service, for clients that are configured with a base URL only."""

from collections.abc import Iterator

import pytest
from django.conf import settings

from tests.e2e.conftest import sandbox
from tests.e2e.databases import Database, new_database
from tests.e2e.servers import Sandbox, Service, running_service

__all__ = ["sandbox"]


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The database of the service."""
    with new_database("sqlite", tmp_path_factory.mktemp("database")) as database:
        yield database


@pytest.fixture(scope="session")
def service(sandbox: Sandbox, database: Database) -> Iterator[Service]:
    """The service with the sandbox's providers."""
    with running_service(sandbox, database_url=database.url) as service:
        yield service


@pytest.fixture(params=list(settings.APIS))
def base_url(request: pytest.FixtureRequest, service: Service, database: Database) -> str:
    """The base URL of each mounted API in turn, on an empty database."""
    database.clear()
    return f"{service.url}/{settings.APIS[request.param].rstrip('/')}"
