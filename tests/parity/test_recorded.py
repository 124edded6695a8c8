"""Recorded traffic, replayed by synthetic users, has the recorded results on both versions."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from parity.comparison import Limits, Result, run
from parity.deployment import Deployment
from parity.observed import Pairs
from parity.sources import Sources
from parity.synthetic_users import SyntheticUsers
from tests.e2e.servers import Sandbox, Service
from tests.parity.recording import Recorder
from tests.parity.running import check_parity

pytestmark = pytest.mark.e2e


def replayed(service: Service, sandbox: Sandbox, *, archives: list[Path], logs: list[Path]) -> list[Result]:
    """Replay recordings and return the results."""
    old, new = "api/v1/", "api/v2/"
    pairs = Pairs({}, (old, new), (f"/{old}", f"/{new}"))
    sources = Sources(
        contract=False, archives=archives, logs=logs, only=re.compile(""), limit=None, old=old, pairs=pairs
    )
    deployment = Deployment(service.url, (old, new), timeout=30)
    users = SyntheticUsers.connect(deployment, sandbox.url, timeout=30)
    return list(run(sources.choose(sources.read(), users).cases, deployment, users, Limits()))


def test_an_archive_has_the_recorded_results(
    planted_service: Service, sandbox: Sandbox, recorder: Recorder, tmp_path: Path
) -> None:
    """Every request has its recorded status on v1, and the same answer on v2."""
    archive = recorder.archive(tmp_path / "traffic.har")
    results = replayed(planted_service, sandbox, archives=[archive], logs=[])
    assert [(one.verdict, one.findings) for one in results] == [("alike", ())] * len(results)
    assert [one.statuses[0] for one in results] == recorder.statuses
    assert {200, 201, 204, 400, 401, 404, 409} <= set(recorder.statuses)


def test_json_lines_have_the_recorded_results(
    planted_service: Service, sandbox: Sandbox, recorder: Recorder, tmp_path: Path
) -> None:
    """A log with answers has the same results as an archive."""
    log = recorder.lines(tmp_path / "traffic.jsonl", answers=True)
    results = replayed(planted_service, sandbox, archives=[], logs=[log])
    assert [one.verdict for one in results] == ["alike"] * len(results)
    assert [one.statuses[0] for one in results] == recorder.statuses


@pytest.mark.parametrize("kind", ["without answers", "sanitized"])
def test_missing_credentials_and_answers_are_replaced(
    planted_service: Service, sandbox: Sandbox, recorder: Recorder, tmp_path: Path, kind: str
) -> None:
    """Without answers or credentials, synthetic users stand in on both versions, and no recorded id is sent."""
    files: list[object] = (
        ["--log", recorder.lines(tmp_path / "traffic.jsonl", answers=False)]
        if kind == "without answers"
        else ["--har", recorder.archive(tmp_path / "traffic.har", sanitized=True)]
    )
    ended = check_parity("--url", planted_service.url, "--sandbox", sandbox.url, "--json", *files)
    assert ended.code == 0, ended
    assert ended.json["compared"] == len(recorder.kept)


def test_a_difference_in_recorded_traffic_names_its_entry(
    planted_service: Service, sandbox: Sandbox, recorder: Recorder, tmp_path: Path, plant: Callable[[str], None]
) -> None:
    """The output names the file and the entry, and holds no recorded credential."""
    archive = recorder.archive(tmp_path / "traffic.har")
    plant("value")
    ended = check_parity(
        "--url", planted_service.url, "--sandbox", sandbox.url, "--har", archive, "--report", tmp_path / "report.html"
    )
    assert ended.code == 1
    assert "GET social_account/  (traffic.har, entry 9)" in ended.out
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert recorder.secrets
    for secret in recorder.secrets:
        assert secret not in ended.out + page
