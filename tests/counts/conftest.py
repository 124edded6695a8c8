"""The service on each database, in one process, with its statements and provider calls counted."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from itertools import count
from zlib import crc32

import pytest
from django.conf import settings

from tests.counts.calls import Calls, counted_calls
from tests.counts.statements import Counted, counted
from tests.e2e.client import Api
from tests.e2e.conftest import Databases, databases, sandbox
from tests.e2e.servers import Sandbox, Service, running_service

__all__ = ["databases", "sandbox"]

TOKENS_PER_USER = 50
PROVIDERS = (
    *("facebook", "twitter", "instagram", "google-oauth2", "github"),
    *("discord", "gitlab", "twitch", "line", "kakao", "apple-id", "oidc"),
)
"""The providers of the sandbox whose tokens are accepted."""


@dataclass(frozen=True)
class Counts:
    """A running service with its counts."""

    service: Service
    sandbox: Sandbox
    database: Counted
    calls: Calls

    def reset(self) -> None:
        """Count from here on."""
        self.database.reset()
        self.calls.reset()


@pytest.fixture(scope="session")
def services(
    sandbox: Sandbox, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Counts]]:
    """Return the service on a vendor's database, with every provider of the sandbox and no periodic work."""
    with ExitStack() as stack:

        @cache
        def start(vendor: str) -> Counts:
            logged = stack.enter_context(counted(databases(vendor), tmp_path_factory.mktemp("statements")))
            calls = stack.enter_context(counted_calls(sandbox.url))
            environment = {
                "DJANGO_SETTINGS_MODULE": "tests.counts.settings",
                "PROVIDER_TIMEOUT": "60",  # the relay holds calls while a test checks
                # If a sign-in kept its connection during provider calls, the next request would get none.
                "DATABASE_POOL_SIZE": "1",
                "TOKENS_PER_USER": str(TOKENS_PER_USER),
                "SOCIAL_PROVIDERS": ",".join(PROVIDERS),
                "SOCIAL_AUTH_DISCORD_SCOPE": '["email"]',
                "PROVIDER_HOSTS": sandbox.environment["PROVIDER_HOSTS"].replace(sandbox.url, calls.url),
                **logged.environment,
            }
            service = stack.enter_context(running_service(sandbox, database_url=logged.url, **environment))
            # The first sign-up of a process connects and compiles lookups; it is not counted.
            for prefix in settings.APIS.values():
                assert Api(service.url, prefix).sign_up(sandbox.token("facebook", "ripley")).status_code == 201
            return Counts(service, sandbox, logged, calls)

        yield start


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def counts(request: pytest.FixtureRequest, services: Callable[[str], Counts]) -> Counts:
    """The service on each database."""
    return services(request.param)


@pytest.fixture(params=list(settings.APIS))
def api(request: pytest.FixtureRequest, counts: Counts) -> Api:
    """Each mounted API in turn."""
    return Api(counts.service.url, settings.APIS[request.param])


@pytest.fixture
def one_api(request: pytest.FixtureRequest, counts: Counts) -> Api:
    """One of the mounted APIs, always the same one for the same case: `test_versions_send_the_same_statements`."""
    prefixes = sorted(settings.APIS.values())
    return Api(counts.service.url, prefixes[crc32(request.node.name.encode()) % len(prefixes)])


_numbers = count(1_000_000_001)


@pytest.fixture
def persona() -> str:
    """A new persona of the sandbox, without a user."""
    return f"guest-{next(_numbers)}"
