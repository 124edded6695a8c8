"""`manage.py migration_status`, as its operator reads it."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings

from rollout.conf import conf
from rollout.models import DailyCalls
from tests.rollout import traffic
from tests.rollout.status.conftest import NOW, record

pytestmark = pytest.mark.django_db

DAYS = 92
"""Of a year no more than the command looks at."""
GOLDEN = Path(__file__).parent / "golden"
PLANNED = override_settings(
    V1_DEPRECATED_AT=datetime(2026, 6, 1, tzinfo=UTC), V1_SUNSET_AT=datetime(2027, 2, 1, tzinfo=UTC), V1_BROWNOUTS=[]
)


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a certain day."""
    monkeypatch.setattr("rollout.management.commands.migration_status.timezone.now", lambda: NOW)


def run(*options: str) -> tuple[int, str]:
    """Return the exit code and what was printed."""
    output = io.StringIO()
    try:
        call_command("migration_status", *options, stdout=output)
    except SystemExit as end:
        return int(end.code or 0), output.getvalue()
    except CommandError as error:
        return error.returncode, str(error)
    return 0, output.getvalue()


@PLANNED
@pytest.mark.parametrize(("name", "code"), [("just_started", 1), ("nearly_done", 1), ("stuck", 1), ("done", 0)])
def test_what_is_told(name: str, code: int) -> None:
    """The whole text of four situations, answer first, in eighty columns, without colours where nobody looks."""
    traffic.fill(name, NOW, days=DAYS)
    ended, told = run()
    assert told == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    assert ended == code
    assert max(map(len, told.splitlines())) <= 80
    assert told.isascii()
    assert "\x1b" not in told


@PLANNED
def test_json() -> None:
    """The same as one object on one line."""
    traffic.fill("stuck", NOW, days=DAYS)
    code, told = run("--json")
    assert told.count("\n") == 1
    answer: dict[str, Any] = json.loads(told)
    assert (code, answer["answer"], answer["format"]) == (1, "no", 1)
    assert answer["projection"]["stuck"] == ["LegacyPOS/1.0"]
    assert answer["users"] == {"old": 128, "moving": 40, "depend": 88, "new": 640}
    assert answer["sunset"] == "2027-02-01T00:00:00Z"
    assert answer["recorded_since"] == "2026-08-25"
    week = answer["weeks"][-1]
    assert (week["first"], week["last"]) == ("2026-11-18", "2026-11-24")
    assert answer["share"] == pytest.approx(week["old"] / (week["old"] + week["new"]))
    assert answer["clients"][0]["name"] == "LegacyPOS/1.0"
    assert sum(client["share_of_all"][-1] for client in answer["clients"]) == pytest.approx(answer["share"])


def test_thresholds_decide() -> None:
    """Percent of the calls, and users."""
    traffic.fill("nearly_done", NOW, days=DAYS)
    assert run("--threshold", "3", "--users-threshold", "31")[0] == 0
    assert run("--threshold", "3", "--users-threshold", "30")[0] == 1
    assert run("--threshold", "0.5", "--users-threshold", "31")[0] == 1


@pytest.mark.parametrize("options", [(), ("--json",), ("--threshold", "100"), ("--users-threshold", "9999")])
def test_nothing_recorded(options: tuple[str, ...]) -> None:
    """Unknown is not yes, whatever the thresholds; it has an exit code of its own."""
    code, told = run(*options)
    assert code == 2
    assert "no calls are recorded yet" in told


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--threshold", "-1"), "--threshold"),
        (("--threshold", "101"), "--threshold"),
        (("--threshold", "nan"), "--threshold"),
        (("--threshold", "many"), "--threshold"),
        (("--users-threshold", "-1"), "--users-threshold"),
        (("--days", "0"), "--days"),
        (("--days", str(conf.last_calls_kept.days + 1)), "LAST_CALL_DAYS"),
    ],
)
def test_misuse(options: tuple[str, ...], named: str) -> None:
    """One line that names the option, and exit code 2."""
    code, told = run(*options)
    assert code == (1 if "many" in options else 2)  # argparse's own, which are 2 at a shell
    assert named in told
    assert "\n" not in told


def test_no_tables() -> None:
    """A database that is not migrated is no traceback, and no yes."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {DailyCalls._meta.db_table}")
    code, told = run()
    assert (code, told.count("\n")) == (2, 0)
    assert "manage.py migrate" in told


def test_long_names_and_large_numbers() -> None:
    """Eighty columns hold whatever clients call themselves; JSON has the names whole."""
    name = "Very" * 20
    for days in range(60):
        record(days, "v1", 9 * 10**15, client=name)
        record(days, "v1", 1, client="b")
        record(days, "v2", 10**12, client="b")
    code, told = run()
    assert code == 1
    assert max(map(len, told.splitlines())) <= 80
    assert "VeryVe.. " in told
    assert name in run("--json")[1]


def test_after_the_sunset() -> None:
    """What is refused is still demand: it is told, and who calls so still depends."""
    with override_settings(
        V1_DEPRECATED_AT=datetime(2026, 1, 1, tzinfo=UTC), V1_SUNSET_AT=datetime(2026, 11, 1, tzinfo=UTC)
    ):
        for days in range(60):
            record(days, "v2", 900)
            record(days, "v1", 100, outcome="version_retired" if days < 24 else "ok")
        code, told = run()
    assert code == 1
    assert "700 of v1's 700 calls of the last 7 days got 410" in told
    assert "2026-11-01 is past: every call of v1 is refused." in told
