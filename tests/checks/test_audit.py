"""The verdict on a report of pip-audit: a package that was not looked up does not pass."""

import json
import subprocess
from typing import Any

import pytest

from scripts import audit, locks
from scripts.audit import FAILED, NOT_AUDITED, OK, Verdict

pytestmark = pytest.mark.threat(34)

WANTED = {"django": "5.2.1", "social_auth.core": "7.0.0"}
NOT_VULNERABLE = [
    {"name": "Django", "version": "5.2.1", "vulns": []},
    {"name": "social-auth-core", "version": "7.0.0", "vulns": []},
]
VULNERABILITY = {"id": "PYSEC-2026-1", "fix_versions": ["5.2.2", "6.0.1"], "aliases": [], "description": "…"}
SKIPPED = {"name": "django", "skip_reason": "Dependency not found on PyPI and could not be audited: django (5.2.1)"}


def judged(*packages: dict[str, Any]) -> Verdict:
    return audit.judge(json.dumps({"dependencies": packages, "fixes": []}), "", WANTED)


def test_all_packages_without_vulnerability() -> None:
    """Only this passes."""
    assert judged(*NOT_VULNERABLE) == Verdict(OK, "2 packages, none with a known vulnerability")


def test_a_known_vulnerability() -> None:
    """It fails and names the fixed versions."""
    verdict = judged({**NOT_VULNERABLE[0], "vulns": [VULNERABILITY]}, NOT_VULNERABLE[1])
    assert verdict == Verdict(FAILED, "django 5.2.1: PYSEC-2026-1, fixed in 5.2.2, 6.0.1")


def test_a_vulnerability_without_a_fix() -> None:
    """It fails as well."""
    assert (
        judged({**NOT_VULNERABLE[0], "vulns": [{**VULNERABILITY, "fix_versions": []}]}, NOT_VULNERABLE[1]).status
        == FAILED
    )


def test_a_vulnerability_beside_a_skipped_package() -> None:
    """It fails, although other packages were not looked up."""
    assert judged(SKIPPED, {**NOT_VULNERABLE[1], "vulns": [VULNERABILITY]}).status == FAILED


@pytest.mark.parametrize(
    "packages",
    [[SKIPPED, NOT_VULNERABLE[1]], [NOT_VULNERABLE[1]], [{**NOT_VULNERABLE[0], "version": "5.2.0"}, NOT_VULNERABLE[1]]],
    ids=["skipped", "left out", "another version"],
)
def test_a_package_that_was_not_looked_up(packages: list[dict[str, Any]]) -> None:
    """It does not pass, whatever the others."""
    assert judged(*packages) == Verdict(NOT_AUDITED, "no advisories available for 1 of 2 packages")


def test_an_empty_report() -> None:
    """It does not pass."""
    assert judged() == Verdict(NOT_AUDITED, "no advisories available for 2 of 2 packages")


@pytest.mark.parametrize("output", ["", "no JSON", "[]", "{}", '{"dependencies": 7}', '{"dependencies": [{}]}', "null"])
def test_no_report(output: str) -> None:
    """If pip-audit ended early, as without a network, the reason is the last line of its output."""
    verdict = audit.judge(output, "Traceback\nConnectionError: no route", WANTED)
    assert verdict == Verdict(NOT_AUDITED, "pip-audit wrote no report: ConnectionError: no route")


def test_no_report_and_no_output() -> None:
    """The verdict has a reason."""
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
def test_exit_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], verdict: int, required: str, status: int
) -> None:
    """A missing audit is a failure only if the audit is required."""
    monkeypatch.setattr(audit, "audit", lambda: Verdict(verdict, "why"))
    monkeypatch.setenv("AUDIT", required)
    assert audit.main() == status
    assert capsys.readouterr().out == "why\n"


def test_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """pip-audit reads each lock of the service, requires hashes and installs nothing."""
    commands: list[list[str]] = []

    def run(command: list[str], **kwargs: Any) -> Any:
        commands.append(command)
        raise subprocess.TimeoutExpired(command, 1)

    monkeypatch.setattr(subprocess, "run", run)
    assert audit.audit().status == NOT_AUDITED
    (command,) = commands
    assert {"pip_audit", "--require-hashes", "--disable-pip"} <= set(command)
    assert {str(lock) for lock in locks.shipped()} <= set(command)
