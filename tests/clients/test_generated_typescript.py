"""A TypeScript client with `openapi-typescript` and `openapi-fetch`, type-checked and run."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.e2e.servers import ROOT, Sandbox

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not (shutil.which("node") and shutil.which("npm")), reason="needs Node: node and npm"),
]

SOURCES = Path(__file__).resolve().parent / "typescript"
CACHE = ROOT / ".cache" / "typescript"
"""The folder of the packages, kept between runs."""


def run(*command: str, cwd: Path, environment: Mapping[str, str] | None = None) -> str:
    """Run a program and return its output; fail with the output if it fails."""
    ended = subprocess.run(  # noqa: S603 - programs of the packages that package.json pins
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
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


@pytest.fixture(scope="module")
def packages() -> Path:
    """The pinned packages, installed once for each content of package.json."""
    wanted = hashlib.sha256((SOURCES / "package.json").read_bytes()).hexdigest()
    CACHE.mkdir(parents=True, exist_ok=True)
    (CACHE.parent / ".gitignore").write_text("*\n", encoding="ascii")
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another test run may install them
        stamp = CACHE / "installed"
        if not stamp.exists() or stamp.read_text(encoding="ascii") != wanted:
            shutil.copy(SOURCES / "package.json", CACHE)
            npm = [
                "npm",
                "install",
                "--no-package-lock",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--prefer-offline",
            ]
            run(*npm, "--loglevel=error", cwd=CACHE)
            stamp.write_text(wanted, encoding="ascii")
    return CACHE / "node_modules"


@pytest.fixture(scope="module")
def session(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled client; its types are generated from `openapi.yaml` and checked strictly."""
    folder = tmp_path_factory.mktemp("typescript")
    for name in ("package.json", "tsconfig.json", "session.ts"):
        shutil.copy(SOURCES / name, folder)
    (folder / "node_modules").symlink_to(packages, target_is_directory=True)
    run("node_modules/.bin/openapi-typescript", str(ROOT / "openapi.yaml"), "--output", "schema.d.ts", cwd=folder)
    run("node_modules/.bin/tsc", "--project", ".", cwd=folder)
    return folder / "compiled" / "session.js"


def test_a_session(session: Path, base_url: str, sandbox: Sandbox) -> None:
    """It runs from the list of providers to sign-out, in Node, on each API."""
    sign_ups = {
        "mine": sandbox.token("facebook", "zoe"),
        "again": sandbox.token("facebook", "zoe"),
        "more": sandbox.token("twitter", "zoe"),
        "theirs": sandbox.token("facebook", "dallas"),
        "coded": sandbox.code("github", "parker"),
    }
    output = run(
        "node", str(session), base_url, cwd=session.parent.parent, environment={"SIGN_UPS": json.dumps(sign_ups)}
    )
    assert output.endswith(f"session passed: {base_url}\n")
