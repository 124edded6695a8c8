"""The service's log at its most verbose level."""

import io
import logging
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection

from config.logs import LineFormatter
from shared.http.logs import RequestIdFilter
from tests.contract.conftest import ApiClient

TALKATIVE = ("", "django", "django.db.backends", "django.template")


@pytest.fixture(params=list(settings.APIS))
def api(request: pytest.FixtureRequest) -> ApiClient:
    """Each mounted API in turn."""
    return ApiClient(request.param)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that any logger says, statements and their values included, in the form of the service's log."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(LineFormatter())
    handler.addFilter(RequestIdFilter())
    loggers = [logging.getLogger(name) for name in TALKATIVE]
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
