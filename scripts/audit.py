"""Known vulnerabilities of the shipped packages, by pip-audit: it looks up every locked package and installs none.

python -m scripts.audit   exits with 0 if no package has a known vulnerability, with 1 if one has, and with 77 if they
could not be looked up, which is no pass. With AUDIT=required that is a failure.
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
"""77 is automake's exit status of a skipped test."""
TIMEOUT = 300


@dataclass(frozen=True)
class Verdict:
    """The exit status and its reason in one line."""

    status: int
    reason: str


def judge(output: str, stderr: str, wanted: Mapping[str, str]) -> Verdict:
    """Return the verdict on a report of `pip-audit --format json`.

    :param stderr: its standard error.
    :param wanted: the locked packages, versions by name; each must be in the report.
    """
    try:
        reported: dict[str, dict[str, Any]] = {
            _normal(package["name"]): package for package in json.loads(output)["dependencies"]
        }
    except (ValueError, KeyError, TypeError):
        last = (stderr.strip() or "no error message").splitlines()[-1]
        return Verdict(NOT_AUDITED, f"pip-audit wrote no report: {last}")
    vulnerable = [
        f"{name} {package.get('version')}: {found['id']}, fixed in {', '.join(found['fix_versions']) or 'no version'}"
        for name, package in reported.items()
        for found in package.get("vulns", ())
    ]
    if vulnerable:
        return Verdict(FAILED, "; ".join(vulnerable))
    unknown = [name for name, version in wanted.items() if reported.get(_normal(name), {}).get("version") != version]
    if unknown:
        return Verdict(NOT_AUDITED, f"no advisories available for {len(unknown)} of {len(wanted)} packages")
    return Verdict(OK, f"{len(wanted)} packages, none with a known vulnerability")


def audit() -> Verdict:
    """Run pip-audit on the locks of what is shipped."""
    wanted: dict[str, str] = {}
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"]
    command += ["--require-hashes", "--disable-pip"]  # read the locks, install nothing
    for lock in locks.shipped():
        wanted |= locks.packages(lock.read_text(encoding="utf-8"))
        command += ["--requirement", str(lock)]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        return Verdict(NOT_AUDITED, f"pip-audit did not finish within {TIMEOUT} s")
    return judge(ended.stdout, ended.stderr, wanted)


def _normal(name: str) -> str:
    """Return the normalised name of a package (PEP 503)."""
    return name.lower().replace("_", "-").replace(".", "-")


def main() -> int:
    """Print the verdict and return the exit status."""
    verdict = audit()
    print(verdict.reason)
    if verdict.status == NOT_AUDITED and os.environ.get("AUDIT") == "required":
        return FAILED
    return verdict.status


if __name__ == "__main__":
    sys.exit(main())
