"""No secret in a list of processes, and no file with one that another user of the machine can read."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import SECRET_KEY
from tests.deploy.pages import blocks
from tests.e2e.servers import ROOT

pytestmark = [pytest.mark.threat(70), pytest.mark.process]

CANARY = "canary-7c1d"
SECRETS = {
    "DATABASE_URL": f"postgres://tandem:{CANARY}@192.0.2.1/tandem",
    "OLD_PASSWORD": f"{CANARY}-old",
    "NEW_PASSWORD": f"{CANARY}-new",
}
PROGRAMS = ("psql", "pg_dump", "pg_restore", "createdb", "redis-cli", "systemctl", "curl", "systemd-run", "manage.py")
NOT_RUN = ("ln ", "install ", "useradd ", "cp ", "docker ", "cd ", "chmod ")


@pytest.mark.parametrize("page", ["backup.md", "secrets.md", "upgrading.md"])
def test_no_page_puts_a_secret_into_a_command_line(page: str, tmp_path: Path) -> None:
    """Every user of a machine can read the command lines of all programs that run."""
    lines = tmp_path / "lines"
    for name in PROGRAMS:
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\necho "{name} $*" >>{shlex.quote(str(lines))}\ncat >/dev/null\n')
        program.chmod(0o700)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", **SECRETS}
    commands = [one for one in blocks(page) if one.startswith(PROGRAMS) or any(f"\n{name}" in one for name in PROGRAMS)]
    for command in commands:
        if not any(f"\n{name}" in f"\n{command}" for name in NOT_RUN):
            subprocess.run(  # noqa: S603 - our own page, with programs of ours
                ["/bin/bash", "-c", command], cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL, check=False
            )
    written = lines.read_text()
    assert written
    assert CANARY not in written


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_the_file_of_sqlite_is_private(tmp_path: Path) -> None:
    """Also with the usual umask: it has the names and addresses of all users."""
    environment = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": SECRET_KEY,
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "ARGS": "rollout --verbosity=0",
    }
    command = ["/bin/sh", "-c", f'umask 022 && make -o .venv/.running migrate python="{sys.executable}"']
    subprocess.run(command, cwd=ROOT, env=environment, check=True)  # noqa: S603 - our own
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in tmp_path.iterdir()} == {"db.sqlite3": oct(0o600)}
    recipes = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert recipes.count("umask 077 && exec $(python)") == 3  # the demo's and the server's files, too


def test_git_ignores_dumps_and_databases() -> None:
    """They would otherwise be committed with the next `git add`."""
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {"*.dump", "*.sqlite3", ".env"} <= set(ignored)
