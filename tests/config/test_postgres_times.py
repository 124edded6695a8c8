"""The loader of times returns what Django's does."""

from datetime import UTC, datetime

import pytest
from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from psycopg import DataError

from config.postgres.times import UtcLoader


class UtcDjangoLoader(BaseTzLoader):  # type: ignore[misc]  # django-stubs does not know it
    """The loader that Django makes for UTC."""

    timezone = UTC


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-28 12:34:56.123456+00",
        "2026-11-28 12:34:56.1+00",
        "2026-11-28 12:34:56+00",
        "0001-01-01 00:00:00+00",
        "9999-12-31 23:59:59.999999+00",
        # Another time zone of the connection:
        "2026-11-28 12:34:56+05:30",
        "1850-01-01 00:00:00+00:19:32",
    ],
)
def test_a_time_is_that_of_djangos_loader(text: str) -> None:
    """With the same time zone, whatever the offset."""
    found, expected = (loader(1184).load(text.encode()) for loader in (UtcLoader, UtcDjangoLoader))
    assert (found.astimezone(UTC), found.utcoffset()) == (expected.astimezone(UTC), expected.utcoffset())
    assert isinstance(found, datetime)


@pytest.mark.parametrize("text", ["infinity", "-infinity", "0044-03-15 00:00:00+00 BC", "10000-01-01 00:00:00+00"])
def test_a_time_that_python_has_not_is_psycopgs_error(text: str) -> None:
    """As with Django's loader."""
    with pytest.raises(DataError):
        UtcLoader(1184).load(text.encode())
