"""A TypeScript client over `openapi-typescript` and `openapi-fetch` is type-checked and tells the whole story."""

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
"""Where the packages stay between runs."""


def run(*command: str, cwd: Path, environment: Mapping[str, str] | None = None) -> str:
    """Run a program to its end; fail with what it said."""
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
        fcntl.flock(lock, fcntl.LOCK_EX)  # another run of the tests may be at it
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
def story(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The story, compiled: its types are made from the document, and checked strictly."""
    folder = tmp_path_factory.mktemp("typescript")
    for name in ("package.json", "tsconfig.json", "story.ts"):
        shutil.copy(SOURCES / name, folder)
    (folder / "node_modules").symlink_to(packages, target_is_directory=True)
    run("node_modules/.bin/openapi-typescript", str(ROOT / "openapi.yaml"), "--output", "schema.d.ts", cwd=folder)
    run("node_modules/.bin/tsc", "--project", ".", cwd=folder)
    return folder / "compiled" / "story.js"


def test_the_whole_story(story: Path, base_url: str, sandbox: Sandbox) -> None:
    """From the list of providers to signing out, under Node, on each API."""
    sign_ups = {
        "mine": sandbox.token("facebook", "zoe"),
        "again": sandbox.token("facebook", "zoe"),
        "more": sandbox.token("twitter", "zoe"),
        "theirs": sandbox.token("facebook", "dallas"),
    }
    told = run("node", str(story), base_url, cwd=story.parent.parent, environment={"STORY": json.dumps(sign_ups)})
    assert told.endswith(f"the whole story: {base_url}\n")
