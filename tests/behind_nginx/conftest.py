"""Three services behind nginx, on PostgreSQL and Redis, shared by all tests here; each test leaves all running."""

import json
from collections.abc import Iterator

import pytest

from tests.behind_nginx.fleet import Member, running_fleet
from tests.behind_nginx.nginx import Nginx, running_nginx
from tests.e2e.code_providers import CodeProviders, code_providers
from tests.e2e.conftest import note
from tests.e2e.databases import Database, new_database
from tests.e2e.synthetic_github import SyntheticGitHub, synthetic_github
from tests.e2e.temporary_servers import temporary_redis
from tests.limits import long_redis_timeout

__all__ = ["note"]


@pytest.fixture(scope="package")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The database that the services share."""
    with new_database("postgres", tmp_path_factory.mktemp("database")) as database:
        yield database


@pytest.fixture(scope="package")
def github() -> Iterator[SyntheticGitHub]:
    """The provider."""
    with synthetic_github() as github:
        yield github


@pytest.fixture(scope="package")
def providers() -> Iterator[CodeProviders]:
    """Providers that exchange codes."""
    with code_providers() as providers:
        yield providers


@pytest.fixture(scope="package")
def fleet(database: Database, github: SyntheticGitHub, providers: CodeProviders) -> Iterator[list[Member]]:
    """The services, each with one process."""
    hosts = [json.loads(one.environment["PROVIDER_HOSTS"]) for one in (providers, github)]
    shared = {
        **providers.environment,
        **github.environment,
        "PROVIDER_HOSTS": json.dumps(hosts[0] | hosts[1]),
        "SOCIAL_PROVIDERS": "github,dribbble",
    }
    with temporary_redis() as redis:
        common = {
            "REDIS_URL": redis.url,
            "WEB_CONCURRENCY": "1",
            "TRUSTED_PROXIES": "1",
            "HSTS_SECONDS": "60",
            "ADMIN": "1",
            "PROVIDER_TIMEOUT": "30",
            "V1_DEPRECATED_AT": "2026-12-01T00:00:00Z",
        }
        limits = {"THROTTLE_ANONYMOUS": "60/min", "THROTTLE_USER": "600/min"}
        waits = {"DJANGO_SETTINGS_MODULE": long_redis_timeout.__name__}
        with running_fleet(database, {**shared, **common, **limits, **waits}) as fleet:
            yield fleet


@pytest.fixture(scope="package")
def nginx(fleet: list[Member]) -> Iterator[Nginx]:
    """nginx in front of the services."""
    with running_nginx([member.port for member in fleet]) as nginx:
        yield nginx
