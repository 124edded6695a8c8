"""The locked requirements: only what was locked is installed."""

import hashlib
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import locks

pytestmark = pytest.mark.threat(34)

HASH = "--hash=sha256:" + "0" * 64
GOOD = f"""\
# a comment
two==2.0 \\
    {HASH} \\
    {HASH}
    # via -r run.in
three[extra-not-kept]==3 {HASH}
"""
INSTALL = """\
import sys
sys.path.insert(0, sys.argv[1])
import bootstrap
bootstrap.install("lock.txt", [])
"""


@pytest.mark.parametrize("lock", locks.every(), ids=lambda lock: str(lock.relative_to(locks.ROOT)))
def test_our_locks(lock: Path) -> None:
    """Every line is a version with its hashes, and every requested package is locked."""
    text = lock.read_text(encoding="utf-8")
    assert locks.faults(text) == []
    assert len(locks.packages(text)) == text.count("==") > 0
    assert set(requested(lock.with_suffix(".in"))) <= set(locks.packages(text))


def requested(path: Path) -> Iterator[str]:
    """Yield the names in a file of requirements and in the files that it includes."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            yield from requested(path.with_name(line.removeprefix("-r ")))
        elif found := re.match(r"[\w.-]+", line):
            yield found[0].lower()


def test_shipped_locks() -> None:
    """They include the requirements of the service and of a client app, and not the developers' tools."""
    names = [str(lock.relative_to(locks.ROOT)) for lock in locks.shipped()]
    assert names[0] == "requirements/run.txt"
    assert "requirements/dev.txt" not in names
    assert set(names) < {str(lock.relative_to(locks.ROOT)) for lock in locks.every()}


def test_a_locked_package() -> None:
    """The version is read over continued lines, and comments are ignored."""
    assert locks.packages(GOOD.replace("[extra-not-kept]", "")) == {"two": "2.0", "three": "3"}
    assert locks.faults(GOOD) == [f"three[extra-not-kept]==3 {HASH}"]


@pytest.mark.parametrize(
    "line",
    [
        "one==1.0",
        "one",
        f"one>=1.0 {HASH}",
        "one==1.0 --hash=md5:" + "0" * 32,
        f"one==1.0 {HASH[:-1]}",
        f"one @ https://example.com/one.whl {HASH}",
        "https://example.com/one.whl",
        "-e .",
        "-r other.txt",
        "--index-url https://example.com/simple",
        "--extra-index-url=https://example.com/simple",
        "--find-links wheels",
        "--trusted-host example.com",
    ],
)
def test_other_lines_are_faults(line: str) -> None:
    """A line that could install something without a hash is a fault."""
    assert locks.faults(f"{GOOD.partition('three')[0]}{line}\n") == [line]


def wheel(folder: Path, content: str) -> bytes:
    """Build a wheel with one module; the same content gives the same bytes."""
    info = "replaced-1.0.dist-info"
    path = folder / "replaced-1.0-py3-none-any.whl"
    files = {
        "replaced.py": content,
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: replaced\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)  # with a constant date
    return path.read_bytes()


def install(folder: Path) -> subprocess.CompletedProcess[str]:
    """Install `lock.txt` as `make` does, but into a folder of its own."""
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    # Without coverage, whose paths would be those of another project.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    own = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder), "PIP_TARGET": str(folder / "site")}
    own["PATH"] = str(folder)  # without uv
    return subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-c", INSTALL, str(locks.ROOT / "scripts")],
        cwd=folder,
        env={**inherited, **own, "PIP_CONFIG_FILE": os.devnull},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("content", "locked", "message"),
    [
        ("honest = True\n", True, ""),
        ("honest = False\n", True, "DO NOT MATCH THE HASHES"),
        ("honest = True\n", False, "Hashes are required"),
    ],
    ids=["as locked", "replaced", "without a hash"],
)
def test_only_what_was_locked_is_installed(tmp_path: Path, content: str, message: str, *, locked: bool) -> None:
    """The same name and version with other content stops the installation, and so does a line without a hash."""
    digest = hashlib.sha256(wheel(tmp_path, "honest = True\n")).hexdigest()
    lock = f"replaced==1.0 --hash=sha256:{digest}\n" if locked else "replaced==1.0\n"
    (tmp_path / "lock.txt").write_text(lock, encoding="utf-8")
    wheel(tmp_path, content)
    ended = install(tmp_path)
    assert ended.returncode == (1 if message else 0), ended.stdout + ended.stderr
    assert (tmp_path / "site" / "replaced.py").exists() is not bool(message)
    assert message in ended.stderr
