"""social-core's own test suite: its source package, of the version installed and locked, fetched once."""

import importlib
import importlib.metadata
import pkgutil
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import social_core

DISTRIBUTION = "social-auth-core"
ROOT = Path(__file__).resolve().parent.parent.parent
CACHE = ROOT / ".cache"
LOCK = ROOT / "requirements" / "run.txt"


class NotHadError(Exception):
    """The source package cannot be fetched; the message says why."""


@cache
def package() -> ModuleType:
    """Import the package of social-core's tests of its backends.

    Everything else of social-core stays the installed one.

    :raises NotHadError: where the source package is not there and cannot be fetched.
    """
    path = str(_unpacked() / "social_core")
    if path not in social_core.__path__:
        social_core.__path__.append(path)
        importlib.invalidate_caches()
    return importlib.import_module("social_core.tests.backends")


def modules_about(backends: str) -> Iterator[ModuleType]:
    """Import the test modules that may be about a module of backends: those whose name begins like it.

    Those that need what is not installed here are left out.

    :raises NotHadError: as `package` does.
    """
    tests = package()
    for module in pkgutil.iter_modules(tests.__path__):
        about = module.name.removeprefix("test_")
        if about.startswith(backends) or backends.startswith(about):
            try:
                yield importlib.import_module(f"{tests.__name__}.{module.name}")
            except ImportError:
                continue


def _unpacked() -> Path:
    version = importlib.metadata.version(DISTRIBUTION)
    folder = CACHE / f"{DISTRIBUTION}-{version}"
    if not folder.is_dir():
        CACHE.mkdir(exist_ok=True)
        # Several workers may be at it: each unpacks for itself, and the first to finish leaves its own.
        with tempfile.TemporaryDirectory(dir=CACHE) as name:
            unpacked = _fetch(version, Path(name))
            try:
                unpacked.rename(folder)
            except OSError:
                if not folder.is_dir():
                    raise
    return folder


def _fetch(version: str, into: Path) -> Path:
    """Fetch and unpack; the lock has the hash of every file that is published of a version."""
    requirement = re.search(rf"^{DISTRIBUTION}=={re.escape(version)} (?:.*\\\n)+.*\n", LOCK.read_text(), re.MULTILINE)
    if requirement is None:
        raise NotHadError(f"{LOCK.name} locks another version than the installed {version}")
    (into / "requirements.txt").write_text(requirement[0])
    # --no-build-isolation: asking a package for its name runs its build backend; the one of the lock, then.
    options = ["--quiet", "--no-deps", "--no-binary", ":all:", "--no-build-isolation", "--require-hashes"]
    command = [sys.executable, "-m", "pip", "download", *options, "--retries", "1", "--timeout", "15"]
    run = subprocess.run(  # noqa: S603 - our interpreter, our lock
        [*command, "--dest", into, "-r", into / "requirements.txt"], capture_output=True, text=True, check=False
    )
    archives = list(into.glob("*.tar.gz"))
    if run.returncode or len(archives) != 1:
        raise NotHadError(run.stderr.strip().rpartition("\n")[2])
    with tarfile.open(archives[0]) as archive:
        archive.extractall(into, filter="data")
    (top,) = (path for path in into.iterdir() if path.is_dir())
    return top
