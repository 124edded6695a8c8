"""Fixtures: the mounted APIs and a log at the most verbose level."""

import io
import logging
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection

from config.logs import FORMATTERS
from shared.http.logs import RequestIdFilter
from tests.contract.conftest import ApiClient

DEBUG_LOGGERS = ("", "django", "django.db.backends", "django.template")


@pytest.fixture(params=list(settings.APIS))
def api(request: pytest.FixtureRequest) -> ApiClient:
    """Return a client of each mounted API in turn."""
    return ApiClient(request.param)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Return the log of all loggers at DEBUG, SQL statements with their values included, in both formats."""
    written = io.StringIO()
    handlers = [logging.StreamHandler(written) for _ in FORMATTERS]
    for handler, formatter in zip(handlers, FORMATTERS.values(), strict=True):
        handler.setFormatter(formatter())
        handler.addFilter(RequestIdFilter())
        logging.getLogger().addHandler(handler)
    loggers = [logging.getLogger(name) for name in DEBUG_LOGGERS]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    connection.force_debug_cursor = True
    yield written
    connection.force_debug_cursor = False
    for handler in handlers:
        logging.getLogger().removeHandler(handler)
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)
