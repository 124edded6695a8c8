"""Fixtures: the mounted APIs and a log at the most verbose level."""

import io
import logging
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection

from config.logs import LineFormatter
from shared.http.logs import RequestIdFilter
from tests.contract.conftest import ApiClient

DEBUG_LOGGERS = ("", "django", "django.db.backends", "django.template")


@pytest.fixture(params=list(settings.APIS))
def api(request: pytest.FixtureRequest) -> ApiClient:
    """Return a client of each mounted API in turn."""
    return ApiClient(request.param)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Return the log of all loggers at DEBUG, SQL statements with their values included, in the service's format."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(LineFormatter())
    handler.addFilter(RequestIdFilter())
    loggers = [logging.getLogger(name) for name in DEBUG_LOGGERS]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    logging.getLogger().addHandler(handler)
    connection.force_debug_cursor = True
    yield written
    connection.force_debug_cursor = False
    logging.getLogger().removeHandler(handler)
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)
