"""The files of `manage.py migration_status`: a report as HTML, and a table as CSV."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import override_settings

from rollout.models import Brownout
from tests.rollout import traffic
from tests.rollout.mounted import V1_IS_MOUNTED
from tests.rollout.status.conftest import NOW, TODAY, ago, record
from tests.rollout.status.test_migration_status import DAYS, GOLDEN, PLANNED, run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Freeze the time."""
    monkeypatch.setattr("rollout.management.commands.migration_status.timezone.now", lambda: NOW)


def written(folder: Path, kind: str, code: int = 1) -> str:
    """Return the text of a file that the command writes."""
    path = folder / f"report.{kind}"
    assert run(f"--{kind}", str(path))[0] == code
    return path.read_bytes().decode()


@PLANNED
@pytest.mark.parametrize("kind", [pytest.param("html", marks=V1_IS_MOUNTED), "csv"])
def test_the_whole_file(tmp_path: Path, kind: str) -> None:
    """The report without its styles, and the table."""
    traffic.fill("stuck", NOW, days=DAYS)
    Brownout.objects.create(start=NOW - timedelta(days=25, hours=3), end=NOW - timedelta(days=25), note="First")
    Brownout.objects.create(
        start=NOW + timedelta(days=3), end=NOW + timedelta(days=3, hours=1), client="LegacyPOS", share=25
    )
    text = re.sub(r"<style>.*</style>", "<style></style>", written(tmp_path, kind), flags=re.DOTALL)
    assert text.replace("\r\n", "\n") == (GOLDEN / f"stuck.{kind}").read_text(encoding="utf-8")


@PLANNED
def test_the_report_needs_no_other_file(tmp_path: Path) -> None:
    """It has no script, no link and no address but those of the guide and of SVG, and its styles load nothing."""
    traffic.fill("stuck", NOW, days=DAYS)
    page = written(tmp_path, "html")
    assert re.findall(r"<(?:script|link|img|iframe|a|object)\b", page) == []
    assert "//" not in page.replace("https://", "", page.count("https://example.com"))
    assert not re.search(r"url\(|@import", page)
    assert "prefers-color-scheme: dark" in page
    assert "size: A4" in page


def test_the_report_shows_text_as_text(tmp_path: Path) -> None:
    """Whatever a client's name is."""
    record(0, "v1", 7, client="<img src=x onerror=alert(1)>", resource="<b>")
    page = written(tmp_path, "html")
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert ("<img" in page, "<b>" in page) == (False, False)


def test_a_report_without_calls(tmp_path: Path) -> None:
    """It says so."""
    page = written(tmp_path, "html", code=2)
    assert "Not known: no calls are recorded yet." in page
    assert "<svg" not in page
    assert len(list(csv.reader(io.StringIO(written(tmp_path, "csv", code=2))))) == 1


@V1_IS_MOUNTED
def test_the_report_explains_refused_calls_of_the_past(tmp_path: Path) -> None:
    """There is no brownout beside refused calls that nothing explains."""
    record(20, "v1", 770, outcome="version_retired")
    record(0, "v2", 1)
    assert f"410 in the past: 770 calls of v1 were refused on {ago(20)}, by" in written(tmp_path, "html", code=2)


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(tmp_path: Path, name: str) -> None:
    """A name that begins like one begins with an apostrophe."""
    record(0, "v1", 7, client=name, resource=name)
    table = csv.reader(io.StringIO(written(tmp_path, "csv"), newline=""))
    assert list(table)[1][1:3] == [f"'{name}", f"'{name}"]


def test_the_table(tmp_path: Path) -> None:
    """A row for each client and resource: this week and thirteen, with quotes where a name needs them."""
    for days, calls in ((0, 5), (6, 10), (7, 100), (90, 1000), (91, 10000)):
        record(days, "v1", calls, client='A,"1"')
        record(days, "v2", 2 * calls, client='A,"1"')
    record(3, "v1", 3, client='A,"1"', outcome="version_retired")
    record(0, "v2", 4, client="Zoë/1", resource="provider")
    text = written(tmp_path, "csv")
    assert text.startswith("\ufeffas of,client,")
    assert text.count("\r\n") == text.count("\n") == 3
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[1] == [str(TODAY), 'A,"1"', "user", "18", "3", "30", "1118", "3", "2230", str(TODAY), "0"]
    assert rows[2] == [str(TODAY), "Zoë/1", "provider", "0", "0", "4", "0", "0", "4", "", "0"]


def test_the_text_is_printed_as_well(tmp_path: Path) -> None:
    """The files change neither the output nor the exit code."""
    traffic.fill("just_started", NOW)
    both = run("--html", str(tmp_path / "a.html"), "--csv", str(tmp_path / "a.csv"))
    assert both == run()
    assert {path.name for path in tmp_path.iterdir()} == {"a.html", "a.csv"}


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    """One line with the reason, and exit code 2."""
    record(0, "v1", 1)
    code, output = run("--csv", str(tmp_path / "nowhere" / "a.csv"))
    assert code == 2
    assert output.endswith("a.csv cannot be written: No such file or directory.")


@override_settings(V1_DEPRECATED_AT=datetime(2026, 1, 1, tzinfo=UTC))
@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (-1, "is past: every call of v1 is refused."),
        (1, "is today and may"),
        (24, "is tomorrow and"),
        (72, "is in 3 days"),
    ],
)
def test_the_days_to_the_sunset(hours: int, words: str) -> None:
    """They are counted in days of the calendar, in UTC."""
    record(0, "v1", 1)
    record(0, "v2", 1)
    with override_settings(V1_SUNSET_AT=NOW + timedelta(hours=hours)):
        output = " ".join(run()[1].split())
    assert words in output
