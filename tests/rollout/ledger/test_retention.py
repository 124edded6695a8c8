"""Old rows are deleted: by the command at once, by the service within a day."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from rollout.ledger import retention
from rollout.ledger.retention import Retention
from rollout.models import DailyCalls, LastCall

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAYS = (0, 9, 10, 11, 30)
"""Ages of what there is; LEDGER_DAYS is 10, and LAST_CALL_DAYS 20."""


@pytest.fixture(autouse=True)
def _aged(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.LEDGER_DAYS, settings.LAST_CALL_DAYS = 10, 20
    monkeypatch.setattr("rollout.ledger.retention.timezone.now", lambda: NOW)
    for age in DAYS:
        DailyCalls.objects.create(day=NOW.date() - timedelta(age), version="v1", client="A/1", calls=1)
        user = User.objects.create(username=f"user-{age}")
        LastCall.objects.create(user=user, version="v1", at=NOW - timedelta(days=age, seconds=1))


def left() -> tuple[list[int], list[int]]:
    """Return the ages of counts and of last calls."""
    days = DailyCalls.objects.order_by("-day").values_list("day", flat=True)
    moments = LastCall.objects.order_by("-at").values_list("at", flat=True)
    return [(NOW.date() - day).days for day in days], [(NOW - at).days for at in moments]


def output(*options: str) -> str:
    out = io.StringIO()
    call_command("prune_ledger", *options, stdout=out)
    return out.getvalue()


def test_the_command_deletes_old_rows() -> None:
    """Also one row at a time; a second run finds none."""
    assert output("--batch-size=1") == "counts of a day: 2 removed\nlast calls of users: 1 removed\n"
    assert left() == ([0, 9, 10], [0, 9, 10, 11])
    assert output() == "counts of a day: 0 removed\nlast calls of users: 0 removed\n"
    assert User.objects.count() == len(DAYS)


def test_a_dry_run_removes_nothing() -> None:
    """It prints how many rows would be deleted."""
    assert output("--dry-run") == "counts of a day: 2 would be removed\nlast calls of users: 1 would be removed\n"
    assert left() == (list(DAYS), list(DAYS))


def test_an_invalid_option_is_refused() -> None:
    """With exit code 2."""
    with pytest.raises(CommandError, match="--batch-size is 1 or more") as refused:
        output("--batch-size=0")
    assert refused.value.returncode == 2


def test_a_database_error_is_one_line() -> None:
    """With exit code 1, and without the driver's message."""

    def fail(*_: Any) -> None:
        raise OperationalError("password of ripley")

    with connection.execute_wrapper(fail), pytest.raises(CommandError) as failed:
        output()
    assert failed.value.returncode == 1
    assert str(failed.value) == "The database failed: django.db.utils.OperationalError. Run it again."


def test_the_service_deletes_old_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """One batch at a time until none is left, then not before tomorrow."""
    monkeypatch.setattr(retention, "BATCH_SIZE", 1)
    service = Retention()
    service.step()
    assert left() == ([0, 9, 10, 30], [0, 9, 10, 11])
    for _ in range(2):
        service.step()
    assert left() == ([0, 9, 10], [0, 9, 10, 11])
    with CaptureQueriesContext(connection) as captured:
        service.step()
    assert len(captured) == 0
    monkeypatch.setattr("rollout.ledger.retention.timezone.now", lambda: NOW + timedelta(days=1))
    service.step()
    assert len(left()[0]) == 2
