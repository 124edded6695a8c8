"""Installs the peers into environments of their own; their packages never enter .venv."""

import hashlib
import os
import re
import shutil
import sys
from pathlib import Path

from benchmarks.processes import ROOT, run_command

REQUIREMENTS = ROOT / "benchmarks" / "peers" / "requirements.txt"
SOCIAL_CORE_5 = REQUIREMENTS.with_name("social-core-5.txt")
_SETUPTOOLS = re.compile(r"^setuptools==(?:[^\n]*\\\n)+[^\n]*\n", re.MULTILINE)


def installed(lock: Path) -> Path:
    """Return the interpreter that has a lock's packages; install them first if they are missing or have changed.

    :raises ProcessError: the installation fails.
    """
    folder = ROOT / ".cache" / "benchmarks" / "peers" / lock.stem
    stamp, python = folder / ".installed", folder / "bin" / "python"
    wanted = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    if not stamp.exists() or stamp.read_text(encoding="ascii") != wanted:
        _install(lock, folder, str(python))
        stamp.write_text(wanted, encoding="ascii")
    return python


def version(distribution: str, lock: Path) -> str:
    """Return the version that a lock names."""
    found = re.search(rf"^{re.escape(distribution)}==([^ ]+)", lock.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise ValueError(f"{lock.name} does not name {distribution}")
    return found[1]


def _install(lock: Path, folder: Path, python: str) -> None:
    sys.stderr.write(f"installing the peers of {lock.relative_to(ROOT)} into {folder.relative_to(ROOT)}\n")
    sys.stderr.flush()
    shutil.rmtree(folder, ignore_errors=True)
    # pip is configured by the environment: which index it asks, and which certificates it trusts.
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_USER": "0"}
    run_command([sys.executable, "-m", "venv", str(folder)], environment)
    pip = [python, "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "--no-input"]
    # Source distributions are built with the setuptools of the lock.
    if setuptools := _SETUPTOOLS.search(lock.read_text(encoding="utf-8")):
        (folder / "setuptools.txt").write_text(setuptools[0], encoding="utf-8")
        run_command([*pip, "-r", str(folder / "setuptools.txt")], environment)
    run_command([*pip, "--no-build-isolation", "-r", str(lock)], environment)
    run_command([python, "-m", "pip", "check"], environment)
