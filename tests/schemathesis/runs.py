"""Runs of the Schemathesis program, and their results."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.servers import ROOT

TIMEOUT = 300
_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Run:
    """The result of one run."""

    exit_code: int
    output: str
    report: dict[str, Any]
    statuses: dict[str, set[int]]
    """The statuses of the answers, by method and path."""

    @property
    def operations(self) -> tuple[int, int]:
        """Return the number of operations that were called or belong to the phase, and the total number."""
        counts = self.report["operations"]
        return counts["tested"], counts["total"]

    @property
    def links(self) -> tuple[int, int]:
        """Return the number of links that were followed, and the total number."""
        found = re.search(r"API Links:\s+(\d+) covered / (\d+) selected", self.output)
        return (int(found[1]), int(found[2])) if found else (0, 0)

    def summary(self) -> str:
        """Return the counts as one line."""
        cases = self.report["test_cases"]
        tested, operations = self.operations
        followed, links = self.links
        phases = ", ".join(name for name, phase in self.report["phases"].items() if phase["status"] == "success")
        return (
            f"Schemathesis {self.report['schemathesis_version']}, all checks on: {phases}; "
            f"{tested} of {operations} operations, {cases['generated']} cases, {cases['with_failures']} failures"
            + (f", {followed} of {links} links followed" if links else "")
        )


def run_schemathesis(
    folder: Path,
    *,
    base_url: str,
    phases: Sequence[str],
    sign_ups: Sequence[Mapping[str, Any]],
    peers: Sequence[Mapping[str, Any]] = (),
    sign_in_at: str | None = None,
    without: Sequence[str] = (),
) -> Run:
    """Run Schemathesis with all checks on our document.

    :param folder: an empty folder for the reports.
    :param sign_ups: bodies that a provider accepts.
    :param peers: users to call as; none of them may see rows of another.
    :param sign_in_at: the URL that issues a new token for each call, with the first of `sign_ups`.
    :param without: methods to exclude.
    """
    config = (_HERE / "schemathesis.toml").read_text(encoding="utf-8")
    if peers:
        (folder / "people.json").write_text(json.dumps({"auth": [*peers]}), encoding="utf-8")
        config += f"""
[auth.wfc]
path = {json.dumps(str(folder / "people.json"))}
peers = {json.dumps([one["name"] for one in peers])}
"""
    (folder / "schemathesis.toml").write_text(config, encoding="utf-8")
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml"]
    command += ["run", str(ROOT / "openapi.yaml"), "--url", base_url, "--phases", ",".join(phases)]
    command += ["--report", "json,wfc", "--report-json-path", "report.json", "--report-wfc-path", "statuses.json"]
    command += [option for method in without for option in ("--exclude-method", method)]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "LANG": "C.UTF-8",
        "SCHEMATHESIS_HOOKS": "tests.schemathesis.hooks",
        "SIGN_UPS": json.dumps([*sign_ups]),
        **({"SIGN_IN_AT": sign_in_at} if sign_in_at else {}),
        **({"FOLLOWS_LINKS": "1"} if "stateful" in phases else {}),
    }
    ended = subprocess.run(  # noqa: S603 - the program under its own interpreter
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    report, statuses = folder / "report.json", folder / "statuses.json"
    assert report.exists(), ended.stdout
    return Run(ended.returncode, ended.stdout, _read(report), _statuses(_read(statuses)))


def peer(sign_up_at: str, name: str, credential: Mapping[str, Any]) -> dict[str, Any]:
    """Return a user in the format of Web Fuzzing Commons: the sign-in, and the header of the token."""
    token = {
        "extractFrom": "body",
        "extractSelector": "/token",
        "sendIn": "header",
        "sendName": "Authorization",
        "sendTemplate": "Bearer {token}",
    }
    login = {
        "externalEndpointURL": sign_up_at,
        "verb": "POST",
        "contentType": "application/json",
        "payloadRaw": json.dumps(credential),
        "token": token,
    }
    return {"name": name, "loginEndpointAuth": login}


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _statuses(report: dict[str, Any]) -> dict[str, set[int]]:
    covered = report["problemDetails"]["rest"]["coveredHttpStatus"]
    return {one["endpointId"].replace(":", " ", 1): {*one["httpStatus"]} for one in covered}
