"""The service on each database, with everything counted that it sends: one process, so that all of it gets warm."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from itertools import count

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
"""All that the sandbox plays."""


@dataclass(frozen=True)
class Place:
    """A running service, and what is counted of it."""

    service: Service
    sandbox: Sandbox
    database: Counted
    calls: Calls

    def reset(self) -> None:
        """Count from here on."""
        self.database.reset()
        self.calls.reset()


@pytest.fixture(scope="session")
def places(
    sandbox: Sandbox, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Place]]:
    """The service by database's vendor, with every provider that the sandbox plays; it does nothing at intervals."""
    with ExitStack() as kept:

        @cache
        def place(vendor: str) -> Place:
            logged = kept.enter_context(counted(databases(vendor), tmp_path_factory.mktemp("statements")))
            calls = kept.enter_context(counted_calls(sandbox.url))
            environment = {
                "DJANGO_SETTINGS_MODULE": "tests.counts.settings",
                "PROVIDER_TIMEOUT": "60",  # what the relay keeps back is under way for as long as a test looks
                # One that a sign-in kept while it asks the provider would be missed by the next call.
                "DATABASE_POOL_SIZE": "1",
                "TOKENS_PER_USER": str(TOKENS_PER_USER),
                "SOCIAL_PROVIDERS": ",".join(PROVIDERS),
                "SOCIAL_AUTH_DISCORD_SCOPE": '["email"]',
                "PROVIDER_HOSTS": sandbox.environment["PROVIDER_HOSTS"].replace(sandbox.url, calls.url),
                **logged.environment,
            }
            service = kept.enter_context(running_service(sandbox, database_url=logged.url, **environment))
            # What a process does once is nobody's: it connects, and compiles its first look-ups.
            for prefix in settings.APIS.values():
                assert Api(service.url, prefix).sign_up(sandbox.token("facebook", "ripley")).status_code == 201
            return Place(service, sandbox, logged, calls)

        yield place


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def place(request: pytest.FixtureRequest, places: Callable[[str], Place]) -> Place:
    """The service on each database."""
    return places(request.param)


@pytest.fixture(params=list(settings.APIS))
def api(request: pytest.FixtureRequest, place: Place) -> Api:
    """Each mounted API in turn."""
    return Api(place.service.url, settings.APIS[request.param])


_numbers = count(1_000_000_001)


@pytest.fixture
def guest() -> str:
    """A persona whom nobody has met."""
    return f"guest-{next(_numbers)}"
