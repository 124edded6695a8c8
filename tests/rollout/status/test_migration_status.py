"""The output of `manage.py migration_status`."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings

from rollout.conf import conf
from rollout.models import DailyCalls, LastCall
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
    """Freeze the time."""
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
def test_the_text(name: str, code: int) -> None:
    """The whole text of four situations: the answer first, eighty columns, no colours without a terminal."""
    traffic.fill(name, NOW, days=DAYS)
    ended, output = run()
    assert output == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    assert ended == code
    assert max(map(len, output.splitlines())) <= 80
    assert output.isascii()
    assert "\x1b" not in output


@PLANNED
def test_json() -> None:
    """The same as one object on one line."""
    traffic.fill("stuck", NOW, days=DAYS)
    code, output = run("--json")
    assert output.count("\n") == 1
    answer: dict[str, Any] = json.loads(output)
    assert (code, answer["answer"], answer["format"]) == (1, "no", 1)
    assert answer["projection"]["stuck"] == ["LegacyPOS/1.0"]
    assert answer["users"] == {"old": 128, "moving": 40, "depend": 88, "new": 640, "without_client": 0}
    assert answer["sunset"] == "2027-02-01T00:00:00Z"
    assert answer["recorded_since"] == "2026-08-25"
    week = answer["weeks"][-1]
    assert (week["first"], week["last"]) == ("2026-11-18", "2026-11-24")
    assert answer["share"] == pytest.approx(week["old"] / (week["old"] + week["new"]))
    assert answer["days_to_sunset"] == 69
    assert answer["clients"][0]["name"] == "LegacyPOS/1.0"
    assert sum(client["calls"]["old"] for client in answer["clients"]) == week["old"]
    assert sum(client["users"] for client in answer["clients"]) == 128
    assert sum(client["share_of_all"][-1] for client in answer["clients"]) == pytest.approx(answer["share"])
    assert sum(one["calls"]["old"] for one in answer["resources"]) == week["old"]
    assert answer["resources"][0]["name"] == "social_sign_up"


def test_thresholds_decide() -> None:
    """The percentage of calls, and the users."""
    traffic.fill("nearly_done", NOW, days=DAYS)
    assert run("--threshold", "3", "--users-threshold", "31")[0] == 0
    assert run("--threshold", "3", "--users-threshold", "30")[0] == 1
    assert run("--threshold", "0.5", "--users-threshold", "31")[0] == 1


@pytest.mark.parametrize("options", [(), ("--json",), ("--threshold", "100"), ("--users-threshold", "9999")])
def test_nothing_recorded(options: tuple[str, ...]) -> None:
    """The answer is unknown, whatever the thresholds, with an exit code of its own."""
    code, output = run(*options)
    assert code == 2
    assert "no calls are recorded yet" in output


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
    code, output = run(*options)
    assert code == (1 if "many" in options else 2)  # argparse's own, which are 2 at a shell
    assert named in output
    assert "\n" not in output


def test_no_tables() -> None:
    """A database that is not migrated is an error without a traceback."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {DailyCalls._meta.db_table}")
    code, output = run()
    assert (code, output.count("\n")) == (2, 0)
    assert "manage.py migrate" in output


def test_long_names_and_large_numbers() -> None:
    """Eighty columns, whatever the clients' names; JSON has the whole names."""
    name = "Very" * 20
    for days in range(60):
        record(days, "v1", 9 * 10**15, client=name)
        record(days, "v1", 1, client="b")
        record(days, "v2", 10**12, client="b")
    code, output = run()
    assert code == 1
    assert max(map(len, output.splitlines())) <= 80
    assert "VeryV.. " in output
    assert name in run("--json")[1]


def test_users_without_a_client() -> None:
    """Those of the release before are counted apart, and said so."""
    record(0, "v1", 3, client="App/1")
    for number, client in enumerate(["App/1", "", ""]):
        user = User.objects.create(username=f"person-{number}")
        LastCall.objects.create(user=user, version="v1", at=NOW, client=client)
    output = run()[1]
    assert "2 users of v1 are in no row: the last call was recorded without its client.\n" in output
    answer = json.loads(run("--json")[1])
    assert (answer["clients"][0]["users"], answer["users"]["without_client"], answer["users"]["old"]) == (1, 2, 3)


def test_after_the_sunset() -> None:
    """Refused calls are shown, and their users still depend on v1."""
    with override_settings(
        V1_DEPRECATED_AT=datetime(2026, 1, 1, tzinfo=UTC), V1_SUNSET_AT=datetime(2026, 11, 1, tzinfo=UTC)
    ):
        for days in range(60):
            record(days, "v2", 900)
            record(days, "v1", 100, outcome="version_retired" if days < 24 else "ok")
        code, output = run()
    assert code == 1
    assert "700 of v1's 700 calls of the last 7 days got 410" in output
    assert "2026-11-01 is past: every call of v1 is refused." in output
