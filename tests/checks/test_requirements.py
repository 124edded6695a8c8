"""The requirements of a host: what the packages import, no more and no less."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from scripts import locks
from social.versions import TESTED

PACKAGES = ("shared", "social", "api_v2", "rollout", "parity")
IMPORTED_AS = {
    "Django": "django",
    "djangorestframework": "rest_framework",
    "social-auth-core": "social_core",
    "social-auth-app-django": "social_django",
    "PyJWT": "jwt",
}
INSTALLED_APPS_ONLY = {"drf_spectacular_sidecar"}
"""Apps that docs/adopters.md puts into INSTALLED_APPS, and that nothing imports."""
PAGE_NAMES = {"djangorestframework": "Django REST framework", "Django": "Django(?! REST)"}
OPTIONAL = {"redis": "REDIS_URL", "prometheus_client": "METRICS_TOKEN"}
"""Packages that only one setting needs."""


def required(name: str) -> dict[str, str]:
    """Return the lower bounds of a file in requirements/ by the name that the package is imported as."""
    text = (locks.ROOT / "requirements" / name).read_text(encoding="utf-8")
    found = re.findall(r"(?m)^([A-Za-z][\w.-]*)(?:\[[^]]*\])?>=([\d.]+)", text)
    return {IMPORTED_AS.get(package, package.replace("-", "_")): bound for package, bound in found}


def imported() -> set[str]:
    """Return the top-level modules of other people that the packages import, tests left out."""
    paths = [path for package in PACKAGES for path in (locks.ROOT / package).rglob("*.py") if "tests" not in path.parts]
    ours = {path.parent.name for path in locks.ROOT.glob("*/__init__.py")}
    return {name for path in paths for name in _imports(path)} - ours - sys.stdlib_module_names


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def test_a_host_installs_what_is_imported() -> None:
    """mount.in has each imported package with a lower bound, except what only a setting needs."""
    assert set(required("mount.in")) == (imported() - set(OPTIONAL)) | INSTALLED_APPS_ONLY
    assert set(OPTIONAL) <= imported()
    server = (locks.ROOT / "requirements" / "run.in").read_text(encoding="utf-8")
    assert all(f"\n{package.replace('_', '-')}" in server for package in OPTIONAL)


def test_a_host_keeps_its_own_driver_and_server() -> None:
    """No package of a host imports a database driver, a web server or the server's middleware."""
    assert not imported() & {"psycopg", "psycopg2", "gunicorn", "whitenoise", "corsheaders", "dj_database_url"}


def test_the_page_names_the_tested_versions() -> None:
    """docs/adopters.md names the first and the last version of each package that is tested."""
    page = (locks.ROOT / "docs" / "adopters.md").read_text(encoding="utf-8")
    section = page.partition("### Which versions are tested\n")[2].partition("\n#")[0]
    for package, versions in TESTED.items():
        (row,) = re.findall(rf"(?m)^\| [^|]*{PAGE_NAMES.get(package, package)}[^|]* \|(.*)\|$", section)
        assert versions[0] in row
        assert versions[-1] in row
