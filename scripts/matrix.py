"""Run tests with the supported versions of Python, Django and Django REST framework (docs/decisions/0025).

python -m scripts.matrix [--corners | --only TEXT] [PYTEST ARGUMENT ...]   prints a table of the results

Each combination has an environment in .cache/matrix, made by uv. With `lowest` all packages of requirements/mount.in
and of the apps' own requirements.in have their lower bounds; with `newest` nothing is locked. `mounted` has nothing of
the server's, and psycopg2; its tests are those of the shop, on PostgreSQL if TEST_POSTGRES_URL is set. `--corners`
takes only the oldest of everything on the oldest Python, the newest of everything on the newest Python, and the mounted
one, and by default a selection of tests that depend most on the packages. The exit status is 77 if only a version of
Python is missing, and 1 for that too where the variable CI is set.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts import locks
from social.versions import TESTED
from tests.adopting.running import REGISTRATIONS
from tests.e2e.databases import empty_postgres, new_database

FOLDER = Path(".cache", "matrix")
UV = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])) or "uv"
LOCK = locks.packages(Path("requirements/dev.txt").read_text(encoding="utf-8"))
TOOLS = (
    "pytest",
    "pytest-django",
    "pytest-xdist",
    "pytest-cov",
    "hypothesis",
    "responses",
    "pyyaml",
    "standardwebhooks",
)
"""Packages of requirements/dev.in that the tests of `make quick` import; always the locked versions."""
CORNER_TESTS = (
    "--first-cases",
    *("-m", "not (e2e or process or postgres or redis)"),
    "tests/social/test_compiled.py",
    "tests/social/test_checks.py",
    "tests/contract/test_host_settings.py",
    "tests/contract/test_sign_up.py",
    "tests/contract/test_authorization.py",
    "tests/contract/test_keycloak.py",  # these two verify signatures
    "tests/social/test_id_tokens.py",
    "tests/adopting/test_adopting.py::test_the_agency",  # Django's private switch of its cache
)
HOST_TESTS = ("--ds=tests.adopting.shop.settings", "-p", "no:xdist", "--no-cov", "tests/adopting/story.py")
FIRST_REST_FRAMEWORK = {"6.1": "3.18"}
"""The first REST framework for a Django: 3.17 imports a name that Django 6.1 has removed."""
NOT_RUN = 77


@dataclass(frozen=True)
class Combination:
    """Versions that are installed together; None for a package without a wish of its own."""

    python: str
    resolution: str
    django: str | None = None
    rest_framework: str | None = None
    is_mounted: bool = False
    """A host without the server's own packages, with psycopg2."""

    @property
    def name(self) -> str:
        """Return the name of its folder."""
        parts = {"python": self.python, "django": self.django, "drf": self.rest_framework}
        end = ["mounted"] if self.is_mounted else []
        return "-".join([*(f"{kind}{value}" for kind, value in parts.items() if value), self.resolution, *end])

    @property
    def folder(self) -> Path:
        """Return the folder of its environment."""
        return FOLDER / self.name

    def requirements(self) -> Iterator[str]:
        """Yield the packages besides those of requirements/mount.in and of the apps."""
        for name, wanted in (("Django", self.django), ("djangorestframework", self.rest_framework)):
            if wanted:
                yield f"{name}~={wanted}.0"
        yield from (f"{tool}=={LOCK[tool]}" for tool in TOOLS)
        if self.is_mounted:
            yield from ("psycopg2-binary", "dj-database-url")  # the shop's
            return
        # The server's own packages have no bounds: the locked versions, where not everything is the newest.
        for line in _lines(Path("requirements/run.in")):
            found = re.match(r"(?!Django)([\w][\w.-]*)(\[.*\])?", line)
            if found:
                yield line if self.resolution == "newest" else f"{found[0]}=={LOCK[found[1].lower()]}"


def corners() -> list[Combination]:
    """Return the combinations for CI."""
    return [
        Combination(TESTED["Python"][0], "lowest"),
        Combination(TESTED["Python"][-1], "newest"),
        Combination(TESTED["Python"][-1], "newest", is_mounted=True),
    ]


def every() -> list[Combination]:
    """Return the mounted one, each Python with each Django twice, and each older REST framework with two Djangos."""
    crossed = [
        Combination(python, resolution, django, FIRST_REST_FRAMEWORK.get(django) if resolution == "lowest" else None)
        for python in TESTED["Python"]
        for django in TESTED["Django"]
        if _can_be(python, django)
        for resolution in ("lowest", "newest")
    ]
    older = [
        Combination(python, "newest", django, rest_framework)
        for rest_framework in TESTED["djangorestframework"][:-1]
        for python, django in (
            (TESTED["Python"][0], TESTED["Django"][0]),
            (TESTED["Python"][-1], [one for one in TESTED["Django"] if one not in FIRST_REST_FRAMEWORK][-1]),
        )
    ]
    return [Combination(TESTED["Python"][-1], "newest", is_mounted=True), *crossed, *older]


def _can_be(python: str, django: str) -> bool:
    """Return False for Django 6 on Python 3.11, for which it has no release."""
    return _numbers(python) >= (3, 12) or _numbers(django) < (6, 0)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _lines(path: Path) -> list[str]:
    """Return the lines of a file without comments."""
    lines = (line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line]


def interpreter(version: str) -> str:
    """Return the path of an interpreter; if there is none, the version, which uv may find or download."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = [shutil.which(f"python{version}"), *sorted(map(str, pyenv.glob(f"versions/{version}.*/bin/python")))]
    return next((path for path in found if path and _answers([path, "-c", ""])), version)


def _answers(command: list[str]) -> bool:
    return subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def prepare(one: Combination) -> str | None:
    """Make the environment; return what is missing."""
    command = [UV, "venv", "--quiet", "--clear", "--python", interpreter(one.python), str(one.folder)]
    if subprocess.run(command, check=False).returncode:
        return f"no Python {one.python}"
    wanted = one.folder / "wanted.txt"
    wanted.write_text("\n".join(one.requirements()), encoding="utf-8")
    files = ["requirements/mount.in", *sorted(map(str, Path().glob("*/requirements.in"))), str(wanted)]
    command = [UV, "pip", "install", "--quiet", "--python", str(one.folder), "--compile-bytecode"]
    command += ["--resolution", "lowest-direct"] if one.resolution == "lowest" else []
    ended = subprocess.run([*command, *(f"-r{file}" for file in files)], check=False)
    return "its packages cannot be installed" if ended.returncode else None


def run(one: Combination, arguments: list[str]) -> tuple[str, float]:
    """Run the tests of a combination; return pytest's last line and the seconds it took."""
    began = time.monotonic()
    log = one.folder / "tests.log"
    with _host_database(one) as host, log.open("w", encoding="utf-8") as output:
        chosen = HOST_TESTS if one.is_mounted else ["-n", "auto", "--dist", "worksteal", *arguments]
        command = [str(one.folder / "bin" / "python"), "-m", "pytest", "-q", "-p", "no:cacheprovider", *chosen]
        subprocess.run(command, check=False, stdout=output, stderr=output, env={**os.environ, **host})
    lines = log.read_text(encoding="utf-8").splitlines() or ["no output"]
    if not _passed(lines[-1]):
        print("\n".join(lines[-60:]), flush=True)
    return lines[-1], time.monotonic() - began


@contextmanager
def _host_database(one: Combination) -> Iterator[dict[str, str]]:
    """Yield the environment of the shop in tests/adopting: PostgreSQL if TEST_POSTGRES_URL is set, otherwise SQLite."""
    if not one.is_mounted:
        yield {}
        return
    on_postgres = bool(os.environ.get("TEST_POSTGRES_URL"))
    with empty_postgres() if on_postgres else new_database("sqlite", one.folder.resolve()) as database:
        settings = "tests.adopting.shop.settings"
        yield {**REGISTRATIONS, "DJANGO_SETTINGS_MODULE": settings, "DATABASE_URL": database.url}


def _passed(line: str) -> bool:
    return bool(re.match(r"=* ?\d+ passed\b(?!.*(?:failed|error))", line))


def _versions(one: Combination) -> str:
    script = "import sys, importlib.metadata as m; print(*(m.version(p) for p in sys.argv[1:]))"
    command = [str(one.folder / "bin" / "python"), "-c", script, "Django", "djangorestframework", "social-auth-core"]
    return "  ".join(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())


def main() -> int:
    """Return 1 if the tests fail with a combination, 77 if only a Python is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corners", action="store_true")
    parser.add_argument("--only", default="", help="combinations whose name contains this text")
    options, arguments = parser.parse_known_args()
    rows: list[str] = []
    failed = has_no_python = False
    for one in corners() if options.corners else every():
        if options.only not in one.name:
            continue
        print(f"{one.name} ...", flush=True)
        if missing := prepare(one):
            rows.append(f"{one.name:36}{missing}")
            is_python = missing.startswith("no Python")
            has_no_python |= is_python
            failed |= not is_python or bool(os.environ.get("CI"))
            continue
        line, seconds = run(one, arguments or list(CORNER_TESTS))
        failed |= not _passed(line)
        rows.append(f"{one.name:36}{_versions(one):24}{seconds:5.0f} s  {line.strip('= ')}")
    print(f"\n{'':36}Django  DRF  social-auth-core", *rows, sep="\n")
    return 1 if failed else NOT_RUN if has_no_python else 0


if __name__ == "__main__":
    sys.exit(main())
