"""Fixtures: metrics that start at zero, and a scrape of them."""

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings as project
from django.test import Client
from pytest_django import Settings

from rollout.metrics.exposition import exposition
from tests.contract.conftest import ApiClient, handler
from tests.rollout.metrics.scraping import AUTHORIZED, TOKEN

Scrape = Callable[[], str]


@pytest.fixture(params=list(project.APIS))
def api(request: pytest.FixtureRequest) -> ApiClient:
    """Return a client of each mounted API in turn."""
    return ApiClient(request.param)


@pytest.fixture
def scrape(settings: Settings, db: None) -> Iterator[Scrape]:
    """Connect the metrics, and return a function that reads them as Prometheus does."""
    settings.METRICS_TOKEN = TOKEN
    exposition.cache_clear()
    current = exposition()
    current.receivers.connect()
    client = Client(SERVER_NAME="10.1.2.3")
    client.handler = handler()

    def read() -> str:
        response = client.get("/metrics", headers=AUTHORIZED)
        assert response.status_code == 200
        return response.content.decode()

    yield read
    current.receivers.disconnect()
    exposition.cache_clear()
