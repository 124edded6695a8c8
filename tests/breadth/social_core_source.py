"""The source package of social-core in the locked version, fetched once, for its test suite."""

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


class UnavailableError(Exception):
    """The source package cannot be fetched; the message has the reason."""


@cache
def package() -> ModuleType:
    """Import the package of social-core's backend tests.

    All other modules of social-core are the installed ones.

    :raises UnavailableError: if the source package is missing and cannot be fetched.
    """
    path = str(_source_folder() / "social_core")
    if path not in social_core.__path__:
        social_core.__path__.append(path)
        importlib.invalidate_caches()
    return importlib.import_module("social_core.tests.backends")


def modules_about(backends: str) -> Iterator[ModuleType]:
    """Import the test modules whose name has the beginning of a backend module's name, or the reverse.

    Modules that cannot be imported, because a dependency is not installed, are skipped.

    :raises UnavailableError: as `package` does.
    """
    tests = package()
    for module in pkgutil.iter_modules(tests.__path__):
        about = module.name.removeprefix("test_")
        if about.startswith(backends) or backends.startswith(about):
            try:
                yield importlib.import_module(f"{tests.__name__}.{module.name}")
            except ImportError:
                continue


def _source_folder() -> Path:
    version = importlib.metadata.version(DISTRIBUTION)
    folder = CACHE / f"{DISTRIBUTION}-{version}"
    if not folder.is_dir():
        CACHE.mkdir(exist_ok=True)
        # Several workers may run at once: each unpacks into its own folder, and the first rename wins.
        with tempfile.TemporaryDirectory(dir=CACHE) as name:
            unpacked = _fetch(version, Path(name))
            try:
                unpacked.rename(folder)
            except OSError:
                if not folder.is_dir():
                    raise
    return folder


def _fetch(version: str, into: Path) -> Path:
    """Fetch and unpack the source package; the lock file has the hashes of all files of a version."""
    requirement = re.search(rf"^{DISTRIBUTION}=={re.escape(version)} (?:.*\\\n)+.*\n", LOCK.read_text(), re.MULTILINE)
    if requirement is None:
        raise UnavailableError(f"{LOCK.name} locks another version than the installed {version}")
    (into / "requirements.txt").write_text(requirement[0])
    # pip builds the metadata of a source package; --no-build-isolation uses the locked build backend.
    options = ["--quiet", "--no-deps", "--no-binary", ":all:", "--no-build-isolation", "--require-hashes"]
    command = [sys.executable, "-m", "pip", "download", *options, "--retries", "1", "--timeout", "15"]
    run = subprocess.run(  # noqa: S603 - our interpreter, our lock
        [*command, "--dest", into, "-r", into / "requirements.txt"], capture_output=True, text=True, check=False
    )
    archives = list(into.glob("*.tar.gz"))
    if run.returncode or len(archives) != 1:
        raise UnavailableError(run.stderr.strip().rpartition("\n")[2])
    with tarfile.open(archives[0]) as archive:
        archive.extractall(into, filter="data")
    (top,) = (path for path in into.iterdir() if path.is_dir())
    return top
