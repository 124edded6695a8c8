"""Every request sampled, and what the checks have seen of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings
from django.test.client import ClientHandler

from rollout.sampled import middleware, sightings
from rollout.sampled.sightings import Sighting, Sightings
from tests.contract.conftest import ApiClient
from tests.differential.in_process import Service

pytest.register_assert_rewrite("tests.contract.answers")


@cache
def sampling_handler() -> ClientHandler:
    """The middleware with every request sampled, loaded once."""
    made = ClientHandler(enforce_csrf_checks=False)
    with override_settings(PARITY_SAMPLE=1.0):
        made.load_middleware()
    return made


@cache
def sampling_service() -> Service:
    """The same as a server calls it."""
    made = Service()
    with override_settings(PARITY_SAMPLE=1.0):
        made._application = WSGIHandler()
    return made


@dataclass
class Checks:
    """How many requests were compared, what was seen, and where it is kept."""

    sightings: Sightings
    made: int = 0
    seen: list[Sighting] = field(default_factory=list)

    def told(self) -> set[tuple[str, str]]:
        """Give the part and the place of each difference."""
        return {(one.told.part, one.told.place) for one in self.seen}


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Checks]:
    """What the checks have come to; nothing is written before the test says so."""
    if len(settings.APIS) < 2:
        pytest.skip("v1 is not mounted")
    monkeypatch.setattr(sightings, "WRITE_AFTER", 3600)
    monkeypatch.setattr(sightings, "TRY_AGAIN_AFTER", 3600)
    checks = Checks(Sightings())
    add, check = checks.sightings.add, middleware.Sample.check

    def keep(sighting: Sighting) -> None:
        checks.seen.append(sighting)
        add(sighting)

    def count(sample: middleware.Sample) -> None:
        check(sample)
        checks.made += 1

    monkeypatch.setattr(checks.sightings, "add", keep)
    monkeypatch.setattr(middleware, "sightings", checks.sightings)
    monkeypatch.setattr(middleware.Sample, "check", count)
    yield checks
    if checks.sightings._timer is not None:
        checks.sightings._timer.cancel()


@pytest.fixture(params=list(settings.APIS))
def api(request: pytest.FixtureRequest, checks: Checks) -> ApiClient:
    """Each mounted API in turn, every request of its sampled."""
    api = ApiClient(request.param)
    api._client.handler = sampling_handler()
    return api
