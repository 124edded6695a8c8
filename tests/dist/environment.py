"""The distribution as built and installed, and the tests of the checkout with the names that it has there."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from scripts import dist_project, locks
from scripts.dist_renaming import NAMESPACE, rename

ROOT = dist_project.ROOT
COPIED = ("conftest.py", "docs", "openapi.yaml", "pyproject.toml", "requirements", "sandbox", "scripts", "tests")
"""What the tests use besides the service."""
RETIRING = [app for app in dist_project.apis() if (ROOT / app / "requirements.in").is_file()]
"""Apps with requirements of their own, each of which is an extra."""
_TIMEOUT = 1800
_TOOLS = ("hypothesis", "pytest", "pytest-django", "pytest-xdist", "responses", "mypy", "django-stubs", "PyYAML")


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel, and a folder with the renamed tests, in which nothing of the service is."""

    python: Path
    folder: Path

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run Python in the folder, with these variables only."""
        return run([str(self.python), *arguments], self.folder, **environment)


def run(command: Sequence[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, with these variables only; the output is text, errors included."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TEST_POSTGRES_URL") if name in os.environ}
    return subprocess.run(  # noqa: S603 - our own
        command,
        cwd=folder,
        env={**kept, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_TIMEOUT,
        check=False,
    )


def build(folder: Path) -> tuple[Path, Path]:
    """Build the source distribution, and of that the wheel; return both."""
    epoch = {"SOURCE_DATE_EPOCH": str(dist_project.epoch())}
    ended = run([sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder)], ROOT, **epoch)
    assert ended.returncode == 0, ended.stdout
    (wheel,), (archive,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, archive


def install(wheel: Path, folder: Path, *, extras: Sequence[str], without: Sequence[str] = ()) -> Installed:
    """Create an environment with the wheel and lay the tests beside it.

    The packages are those of this environment, as links; with DIST_ENVIRONMENT=clean pip installs them, in the locked
    versions, for these extras of the wheel.

    :param without: apps that are neither in the settings nor in docs/adopters.md, and whose packages are missing.
    """
    environment = folder / "environment"
    venv.create(environment, with_pip=False)
    python = environment / "bin" / "python"
    pip = [sys.executable, "-m", "pip", f"--python={python}", "install", "--quiet", "--disable-pip-version-check"]
    if os.environ.get("DIST_ENVIRONMENT") == "clean":
        pins = folder / "pins.txt"
        locked = [ROOT / "requirements" / "dev.txt", *(ROOT / app / "requirements.txt" for app in RETIRING)]
        found = {name: version for path in locked for name, version in _packages(path).items()}
        pins.write_text("".join(f"{name}=={version}\n" for name, version in found.items()), encoding="utf-8")
        pip += ["--constraint", str(pins), f"{wheel}[{','.join(extras)}]", *_TOOLS]
        # With the caller's environment, which says where packages are.
        subprocess.run(pip, check=True, timeout=_TIMEOUT)  # noqa: S603 - our own
    else:
        _link_packages(_site_packages(python), {name for app in without for name in _own_packages(app)})
        ended = run([*pip, "--no-deps", "--no-index", str(wheel)], folder)
        assert ended.returncode == 0, ended.stdout
    tests = folder / "checkout"
    _copy_tests(tests, without)
    return Installed(python, tests)


def _site_packages(python: Path) -> Path:
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return Path(run([str(python), "-c", code], python.parent).stdout.strip())


def _link_packages(target: Path, without: set[str]) -> None:
    """Link every package of this environment into another one."""
    left_out = {NAMESPACE}
    for name in without | {NAMESPACE}:
        try:
            files = metadata.files(name) or []
        except metadata.PackageNotFoundError:
            continue
        left_out |= {file.parts[0] for file in files}
    sources = [path for path in sys.path if Path(path).name == Path(sysconfig.get_path("purelib")).name]
    for entry in (entry for source in sources for entry in Path(source).iterdir()):
        if entry.suffix != ".pth" and entry.name not in left_out and not (target / entry.name).exists():
            (target / entry.name).symlink_to(entry)


def _own_packages(app: str) -> set[str]:
    """Return the packages that only this app needs."""
    locked = [ROOT / app / "requirements.txt", ROOT / "requirements" / "dev.txt"]
    own, others = (set(_packages(path)) for path in locked)
    return own - others


def _packages(lock: Path) -> dict[str, str]:
    return locks.packages(lock.read_text(encoding="utf-8"))


def _copy_tests(target: Path, without: Sequence[str]) -> None:
    """Copy the tests and what they use, with the distribution's names."""
    kept = [app for app in RETIRING if app not in without]
    for path in dist_project.files(*COPIED, *(f"{app}/tests" for app in kept)):
        copied = target / path
        copied.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".py":
            copied.write_text(_renamed(path), encoding="utf-8")
        else:
            shutil.copyfile(ROOT / path, copied)
    for app in kept:  # a package with its tests alone
        (target / app / "__init__.py").touch()
    for app in without:
        _remove_lines(target, f"{NAMESPACE}.{app}")


@cache
def _renamed(path: Path) -> str:
    return rename((ROOT / path).read_text(encoding="utf-8"), dist_project.names(), str(path), strict=False)


def _remove_lines(target: Path, app: str) -> None:
    """Remove an app as a project does: its line of the settings, and those of the service from its own settings."""
    page = target / "docs" / "adopters.md"
    lines = page.read_text(encoding="utf-8").splitlines(keepends=True)
    rest = [line for line in lines if not line.startswith(f'    "{app}": ')]
    assert len(rest) == len(lines) - 1
    page.write_text("".join(rest), encoding="utf-8")
    with (target / "tests" / "settings.py").open("a", encoding="utf-8") as settings:
        settings.write(f'\ndel APIS["{app}"]\nINSTALLED_APPS.remove("{app}")\n')
