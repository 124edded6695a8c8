"""The programs for Node that checks and tests run: installed once, with the versions and hashes of the lock.

npm install --package-lock-only --ignore-scripts    in scripts/node, after a change of package.json: writes the lock
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "scripts" / "node"
CACHE = ROOT / ".cache" / "node"
"""Where the packages are kept between runs."""


class NodeError(RuntimeError):
    """A program for Node failed, or there is none; the message is its output."""


def is_available() -> bool:
    """Return True if this machine has Node and npm."""
    return bool(shutil.which("node") and shutil.which("npm"))


def run(*command: str, cwd: Path, environment: Mapping[str, str] | None = None) -> str:
    """Run a program and return its output.

    :raises NodeError: it failed.
    """
    ended = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    if ended.returncode:
        raise NodeError(ended.stdout)
    return ended.stdout


def installed() -> Path:
    """Return the folder `node_modules`, after installing what it lacks.

    :raises NodeError: npm failed.
    """
    wanted = hashlib.sha256((SOURCES / "package-lock.json").read_bytes()).hexdigest()
    CACHE.mkdir(parents=True, exist_ok=True)
    (CACHE.parent / ".gitignore").write_text("*\n", encoding="ascii")
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another run may install them
        stamp = CACHE / "installed"
        if not stamp.exists() or stamp.read_text(encoding="ascii") != wanted:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(SOURCES / name, CACHE)
            options = ("--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error")
            run("npm", "ci", *options, cwd=CACHE)
            stamp.write_text(wanted, encoding="ascii")
    return CACHE / "node_modules"
