"""Known holes in what is shipped, as pip-audit finds them: every locked package is looked up, none is installed.

python -m scripts.audit   ends with 0 where all were looked up and none has a known hole, with 1 where one has, and
with 77 where they could not be looked up: that is no pass. AUDIT=required makes it a failure.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scripts import locks

OK, FAILED, NOT_AUDITED = 0, 1, 77
"""77 is what a test that cannot be run ends with (automake's convention)."""
TIMEOUT = 300


@dataclass(frozen=True)
class Verdict:
    """What came of it, and why in one line."""

    status: int
    reason: str


def judge(output: str, said: str, wanted: Mapping[str, str]) -> Verdict:
    """Read a report of `pip-audit --format json`.

    :param said: what it wrote to standard error.
    :param wanted: the locked packages, versions by name; each has to be in the report.
    """
    try:
        reported: dict[str, dict[str, Any]] = {
            _normal(package["name"]): package for package in json.loads(output)["dependencies"]
        }
    except (ValueError, KeyError, TypeError):
        last = (said.strip() or "it said nothing").splitlines()[-1]
        return Verdict(NOT_AUDITED, f"pip-audit has given no report: {last}")
    holes = [
        f"{name} {package.get('version')}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or 'no version'}"
        for name, package in reported.items()
        for hole in package.get("vulns", ())
    ]
    if holes:
        return Verdict(FAILED, "; ".join(holes))
    unknown = [name for name, version in wanted.items() if reported.get(_normal(name), {}).get("version") != version]
    if unknown:
        return Verdict(NOT_AUDITED, f"no advisories to be had for {len(unknown)} of {len(wanted)} packages")
    return Verdict(OK, f"{len(wanted)} packages, none with a known hole")


def audit() -> Verdict:
    """Run pip-audit over the locks of what is shipped."""
    wanted: dict[str, str] = {}
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"]
    command += ["--require-hashes", "--disable-pip"]  # read the locks as they are, install nothing
    for lock in locks.shipped():
        wanted |= locks.packages(lock.read_text(encoding="utf-8"))
        command += ["--requirement", str(lock)]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        return Verdict(NOT_AUDITED, f"pip-audit has not come to an end within {TIMEOUT} s")
    return judge(ended.stdout, ended.stderr, wanted)


def _normal(name: str) -> str:
    """Write a name as packages are compared by (PEP 503)."""
    return name.lower().replace("_", "-").replace(".", "-")


def main() -> int:
    """Tell the verdict."""
    verdict = audit()
    print(verdict.reason)
    if verdict.status == NOT_AUDITED and os.environ.get("AUDIT") == "required":
        return FAILED
    return verdict.status


if __name__ == "__main__":
    sys.exit(main())
