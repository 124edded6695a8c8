"""What is made of a report of pip-audit: no package is called sound that was not looked up."""

import json
import subprocess
from typing import Any

import pytest

from scripts import audit, locks
from scripts.audit import FAILED, NOT_AUDITED, OK, Verdict

pytestmark = pytest.mark.threat(34)

WANTED = {"django": "5.2.1", "social_auth.core": "7.0.0"}
SOUND = [
    {"name": "Django", "version": "5.2.1", "vulns": []},
    {"name": "social-auth-core", "version": "7.0.0", "vulns": []},
]
HOLE = {"id": "PYSEC-2026-1", "fix_versions": ["5.2.2", "6.0.1"], "aliases": [], "description": "…"}
SKIPPED = {"name": "django", "skip_reason": "Dependency not found on PyPI and could not be audited: django (5.2.1)"}


def judged(*packages: dict[str, Any]) -> Verdict:
    return audit.judge(json.dumps({"dependencies": packages, "fixes": []}), "", WANTED)


def test_all_looked_up_and_sound() -> None:
    """The one way to pass."""
    assert judged(*SOUND) == Verdict(OK, "2 packages, none with a known vulnerability")


def test_a_known_hole() -> None:
    """It fails, and says where it is mended."""
    verdict = judged({**SOUND[0], "vulns": [HOLE]}, SOUND[1])
    assert verdict == Verdict(FAILED, "django 5.2.1: PYSEC-2026-1, fixed in 5.2.2, 6.0.1")


def test_a_known_hole_that_nobody_has_mended() -> None:
    """Fails as well."""
    assert judged({**SOUND[0], "vulns": [{**HOLE, "fix_versions": []}]}, SOUND[1]).status == FAILED


def test_a_known_hole_among_what_could_not_be_looked_up() -> None:
    """What is known weighs more than what is not."""
    assert judged(SKIPPED, {**SOUND[1], "vulns": [HOLE]}).status == FAILED


@pytest.mark.parametrize(
    "packages",
    [[SKIPPED, SOUND[1]], [SOUND[1]], [{**SOUND[0], "version": "5.2.0"}, SOUND[1]]],
    ids=["skipped", "left out", "another version"],
)
def test_one_that_was_not_looked_up(packages: list[dict[str, Any]]) -> None:
    """Is no pass, however many others were."""
    assert judged(*packages) == Verdict(NOT_AUDITED, "no advisories available for 1 of 2 packages")


def test_nothing_was_looked_up() -> None:
    """An empty report is no pass either."""
    assert judged() == Verdict(NOT_AUDITED, "no advisories available for 2 of 2 packages")


@pytest.mark.parametrize("output", ["", "no JSON", "[]", "{}", '{"dependencies": 7}', '{"dependencies": [{}]}', "null"])
def test_no_report(output: str) -> None:
    """pip-audit ended early, as it does where there is no network: the reason is its last word."""
    verdict = audit.judge(output, "Traceback\nConnectionError: no route", WANTED)
    assert verdict == Verdict(NOT_AUDITED, "pip-audit wrote no report: ConnectionError: no route")


def test_no_report_and_no_word() -> None:
    """There is a reason all the same."""
    assert audit.judge("", "", WANTED).reason == "pip-audit wrote no report: no error message"


@pytest.mark.parametrize(
    ("verdict", "required", "status"),
    [
        (OK, "", 0),
        (OK, "required", 0),
        (FAILED, "", 1),
        (FAILED, "required", 1),
        (NOT_AUDITED, "", 77),
        (NOT_AUDITED, "0", 77),
        (NOT_AUDITED, "required", 1),
    ],
)
def test_what_it_ends_with(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], verdict: int, required: str, status: int
) -> None:
    """Not having looked is a failure only where looking is required."""
    monkeypatch.setattr(audit, "audit", lambda: Verdict(verdict, "why"))
    monkeypatch.setenv("AUDIT", required)
    assert audit.main() == status
    assert capsys.readouterr().out == "why\n"


def test_it_is_pip_audit_that_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """About each lock of what is shipped, with hashes, and without an installation."""
    asked: list[list[str]] = []

    def run(command: list[str], **kwargs: Any) -> Any:
        asked.append(command)
        raise subprocess.TimeoutExpired(command, 1)

    monkeypatch.setattr(subprocess, "run", run)
    assert audit.audit().status == NOT_AUDITED
    (command,) = asked
    assert {"pip_audit", "--require-hashes", "--disable-pip"} <= set(command)
    assert {str(lock) for lock in locks.shipped()} <= set(command)
