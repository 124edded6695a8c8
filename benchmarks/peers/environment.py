"""The peers' own environments: their packages never enter .venv."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LOCK = HERE / "requirements.txt"
_BUILDER = re.compile(r"^setuptools==(?:[^\n]*\\\n)+[^\n]*\n", re.MULTILINE)


def interpreter(lock: Path = LOCK) -> Path:
    """Give the Python that has what a lock names; it is installed where it is not yet, or where the lock has changed.

    :raises SystemExit: it cannot be installed; pip has said why.
    """
    folder = home(lock)
    stamp, python = folder / ".installed", folder / "bin" / "python"
    wanted = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    if not stamp.exists() or stamp.read_text(encoding="ascii") != wanted:
        _install(lock, folder, python)
        stamp.write_text(wanted, encoding="ascii")
    return python


def home(lock: Path = LOCK) -> Path:
    """Give the folder of the environment that belongs to a lock."""
    return ROOT / ".cache" / "benchmarks" / "peers" / lock.stem


def _install(lock: Path, folder: Path, python: Path) -> None:
    sys.stderr.write(f"Installing the peers of {lock.relative_to(ROOT)} into {folder.relative_to(ROOT)}\n")
    sys.stderr.flush()
    shutil.rmtree(folder, ignore_errors=True)
    _run(sys.executable, "-m", "venv", str(folder))
    pip = (str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "--no-input")
    # What comes as source is built with the setuptools of the lock.
    if builder := _BUILDER.search(lock.read_text(encoding="utf-8")):
        (folder / "builder.txt").write_text(builder[0], encoding="utf-8")
        _run(*pip, "-r", str(folder / "builder.txt"))
    _run(*pip, "--no-build-isolation", "-r", str(lock))
    _run(str(python), "-m", "pip", "check")


def _run(*command: str) -> None:
    """Run to the end; what it has written is shown where it fails."""
    quiet = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_USER": "0"}
    ended = subprocess.run(command, env=quiet, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if ended.returncode:
        sys.exit(f"{' '.join(command[1:4])} failed:\n{ended.stdout}{ended.stderr}")
