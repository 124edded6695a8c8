"""Recorded traffic, played again by guests of the sandbox: it goes as it went, on both versions."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from parity.deployment import Deployment
from parity.gathering import Sources, gather
from parity.results import Result
from parity.run import run
from parity.start import people_of
from tests.e2e.servers import Sandbox, Service
from tests.parity.recording import Recorder
from tests.parity.running import check_parity

pytestmark = pytest.mark.e2e


def replayed(service: Service, sandbox: Sandbox, *, archives: list[Path], logs: list[Path]) -> list[Result]:
    """Play recordings again and give what came of each request."""
    sources = Sources(contract=False, archives=archives, logs=logs, only=re.compile(""), limit=None)
    deployment = Deployment(service.url, timeout=30)
    people = people_of(deployment, sandbox.url, timeout=30)
    return list(run(gather(sources, sources.read(), people).cases, deployment, people))


def test_an_archive_goes_as_it_went(
    planted_service: Service, sandbox: Sandbox, recorder: Recorder, tmp_path: Path
) -> None:
    """Every request has the status on v1 that it had when it was recorded, and the same answer on v2."""
    archive = recorder.archive(tmp_path / "traffic.har")
    results = replayed(planted_service, sandbox, archives=[archive], logs=[])
    assert [(one.verdict, one.findings) for one in results] == [("alike", ())] * len(results)
    assert [one.statuses[0] for one in results] == recorder.statuses
    assert {200, 201, 204, 400, 401, 404, 409} <= set(recorder.statuses)


def test_json_lines_go_as_they_went(
    planted_service: Service, sandbox: Sandbox, recorder: Recorder, tmp_path: Path
) -> None:
    """A log with answers is as good as an archive."""
    log = recorder.lines(tmp_path / "traffic.jsonl", answers=True)
    results = replayed(planted_service, sandbox, archives=[], logs=[log])
    assert [one.verdict for one in results] == ["alike"] * len(results)
    assert [one.statuses[0] for one in results] == recorder.statuses


@pytest.mark.parametrize("kind", ["without answers", "sanitized"])
def test_what_a_recording_lacks_is_made_up_for_both(
    planted_service: Service, sandbox: Sandbox, recorder: Recorder, tmp_path: Path, kind: str
) -> None:
    """Without answers, or without credentials, people are made up, alike on both versions; and no id is taken as is."""
    files: list[object] = (
        ["--log", recorder.lines(tmp_path / "traffic.jsonl", answers=False)]
        if kind == "without answers"
        else ["--har", recorder.archive(tmp_path / "traffic.har", sanitized=True)]
    )
    ended = check_parity("--url", planted_service.url, "--sandbox", sandbox.url, "--json", *files)
    assert ended.code == 0, ended
    assert ended.said["compared"] == len(recorder.kept)


def test_a_difference_in_recorded_traffic_names_its_entry(
    planted_service: Service, sandbox: Sandbox, recorder: Recorder, tmp_path: Path, plant: Callable[[str], None]
) -> None:
    """Whoever looks for it finds it by the file and the entry; no credential of the recording is told."""
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
