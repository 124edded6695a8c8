"""`manage.py check --database default`: the rows and the settings together."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import connection
from django.test import override_settings
from pytest_django import DjangoAssertNumQueries

from rollout.models import Plan
from tests.rollout.conftest import UNDECIDED, moment

EARLY, LATE = moment("2026-12-01T00:00:00"), moment("2027-06-30T00:00:00")


def ids(databases: list[str] | None = None) -> list[str]:
    """Return the ids of the messages about the life cycle."""
    return [str(message.id) for message in run_checks(databases=databases) if str(message.id).startswith("rollout.")]


@UNDECIDED
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("settings", "row", "found"),
    [
        ({}, {}, []),
        ({}, {"deprecated_at": EARLY, "sunset_at": LATE}, []),
        ({"V1_DEPRECATED_AT": EARLY}, {"sunset_at": LATE}, []),
        ({}, {"sunset_at": LATE}, ["rollout.W001"]),
        ({"V1_DEPRECATED_AT": LATE}, {"sunset_at": EARLY}, ["rollout.W001"]),
        ({"V1_DEPRECATED_AT": EARLY, "V1_SUNSET_AT": EARLY}, {"deprecated_at": LATE}, ["rollout.W001"]),
        ({}, {"guide": "https://example.com/é"}, ["rollout.W002"]),
        ({"V1_SUNSET_AT": LATE}, {"deprecated_at": EARLY}, ["rollout.E001"]),
    ],
    ids=range(8),
)
def test_rows_and_settings_together(settings: dict[str, Any], row: dict[str, Any], found: list[str]) -> None:
    """A warning if they contradict each other; contradictory settings alone are an error."""
    Plan.objects.create(pk=1, **row)
    with override_settings(**settings):
        assert ids(["default"]) == found


@UNDECIDED
@pytest.mark.django_db
def test_the_plain_check_makes_no_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """The start of the server does not depend on a row."""
    Plan.objects.create(pk=1, sunset_at=LATE)
    with django_assert_num_queries(0):
        assert ids() == []


@pytest.fixture
def _not_migrated(transactional_db: None) -> Iterator[None]:
    with connection.schema_editor() as editor:
        editor.delete_model(Plan)
    yield
    with connection.schema_editor() as editor:
        editor.create_model(Plan)


@pytest.mark.usefixtures("_not_migrated")
def test_before_the_first_migration() -> None:
    """`migrate` runs this check before it creates the tables."""
    assert ids(["default"]) == []
