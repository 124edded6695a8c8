"""The distribution is built, installed and tested: `make dist-test`, and a step of `make check`.

The file's name keeps it out of `make test`. DIST_ENVIRONMENT=clean installs the locked packages anew, and
DIST_TESTS=all runs all tests that need no server program.
"""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from scripts import dist_backend, dist_project
from tests.adopting.running import REGISTRATIONS
from tests.dist.environment import RETIRING, ROOT, Installed, build, install, run
from tests.e2e.databases import Database, empty_postgres
from tests.e2e.servers import run_to_end

FEW = ["--first-cases", "tests/contract/test_sign_up.py", "tests/contract/test_paths.py"]
SELECTED = [*FEW, "tests/contract/test_tokens.py", "tests/contract/test_codes.py"]
ALL = ["tests/contract", "tests/social", "tests/shared", "tests/api_v2", "tests/rollout", "tests/config", "tests/leaks"]
IS_WHOLE = os.environ.get("DIST_TESTS") == "all"
SHOP = "tests.adopting.shop.settings"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The wheel and the source distribution; the wheel is built of the latter."""
    return build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def wheel(built: tuple[Path, Path]) -> Path:
    """The wheel."""
    return built[0]


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """An environment with the wheel and all extras."""
    return install(wheel, tmp_path_factory.mktemp("installed"), extras=list(dist_project.extras()))


def test_the_wheel_is_reproducible(built: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another build, of the checkout and not of the source distribution, gives the same bytes; so does the latter."""
    wheel, archive = built
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(dist_project.epoch()))
    for name in (dist_backend.build_wheel(str(tmp_path)), dist_backend.build_sdist(str(tmp_path))):
        assert (tmp_path / name).read_bytes() == (wheel.parent / name).read_bytes()
    assert {wheel.name, archive.name} == {path.name for path in tmp_path.iterdir()}


def test_the_wheel_contains_every_file_of_the_service(wheel: Path) -> None:
    """Templates, static files, TOML files and migrations are there; tests are not. All are below the namespace."""
    files = {path.as_posix() for path in dist_project.files(*dist_project.names().packages) if path.parts[1] != "tests"}
    files -= {f"{app}/requirements.{kind}" for app in RETIRING for kind in ("in", "txt")}
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == {f"tandem/{name}" for name in (*files, "__init__.py", "__main__.py", "py.typed")}


def test_twine_accepts_both(built: tuple[Path, Path]) -> None:
    """The metadata are valid, and the description can be rendered."""
    ended = run([sys.executable, "-m", "twine", "--no-color", "check", "--strict", *map(str, built)], ROOT)
    assert ended.returncode == 0, ended.stdout
    assert ended.stdout.count("PASSED") == 2


def test_the_contract_holds_for_the_installed_packages(installed: Installed) -> None:
    """The contract's tests pass with the packages in site-packages, where alone they can be imported."""
    _assert_passed(installed, "tests/dist/installed.py", *(ALL if IS_WHOLE else SELECTED))


@pytest.mark.parametrize("app", RETIRING)
def test_without_an_extra(app: str, wheel: Path, tmp_path: Path) -> None:
    """Without an old API's line of the settings, and without the packages of its extra, the rest works."""
    extras = [name for name, needed in dist_project.extras().items() if needed != dist_project.own_requirements(app)]
    environment = install(wheel, tmp_path, extras=extras, without=[app])
    _assert_passed(environment, "tests/dist/installed.py", *(ALL if IS_WHOLE else FEW))
    _assert_shop(environment, "tests/adopting/story.py", SHOP, tmp_path)


@pytest.mark.parametrize("app", RETIRING)
def test_the_shop_adopts_the_wheel(app: str, installed: Installed, tmp_path: Path) -> None:
    """A project with an old API follows docs/adopters.md with the installed packages."""
    _assert_shop(installed, f"{app}/tests/adopting/story.py", f"{app}.tests.adopting.settings", tmp_path)


@pytest.mark.parametrize("vendor", ["sqlite", "postgres"])
def test_a_project_moves_from_copied_folders(vendor: str, installed: Installed, tmp_path: Path) -> None:
    """`migrate --check` and `makemigrations --check` are quiet, and no row of any table changes."""
    if vendor == "sqlite":
        _assert_nothing_changes(installed, Database(vendor, f"sqlite:///{tmp_path}/shop.sqlite3"))
        return
    with empty_postgres() as database:
        _assert_nothing_changes(installed, database)


def test_the_server_starts(installed: Installed, tmp_path: Path) -> None:
    """`python -m tandem` runs Django's commands with the server's settings, and `tandem.server` checks them."""
    variables = {"SECRET_KEY": "dist-tests" * 5, "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3"}
    for arguments in (["check"], ["migrate", "--verbosity=0"], ["migrate", "--check"]):
        ended = installed.run("-m", "tandem", *arguments, **variables)
        assert ended.returncode == 0, ended.stdout
    ended = installed.run("-m", "tandem", "migrate", "--verbosity=0", SECRET_KEY=variables["SECRET_KEY"])
    assert (ended.returncode, (installed.folder / "db.sqlite3").is_file()) == (0, True), ended.stdout
    ended = installed.run("-m", "tandem.server", **variables, BIND="256.0.0.1")
    assert (ended.returncode, "Tandem does not start. BIND" in ended.stdout) == (1, True), ended.stdout


def test_the_packages_are_typed(installed: Installed, tmp_path: Path) -> None:
    """A type checker reads the annotations of the installed packages."""
    module = tmp_path / "module.py"
    module.write_text("from tandem.shared.contract.errors import NotFound\nreveal_type(NotFound.status)\nNotFound.no\n")
    options = ("--config-file=", "--cache-dir=/dev/null", "--follow-imports=silent")
    ended = installed.run("-m", "mypy", *options, str(module))
    assert 'note: Revealed type is "int"' in ended.stdout, ended.stdout
    assert '"type[NotFound]" has no attribute "no"' in ended.stdout
    assert "Found 1 error" in ended.stdout


def _assert_passed(installed: Installed, *paths: str, **environment: str) -> None:
    options = ("-q", "-p", "no:cacheprovider", "-n", "2", "--no-header")
    _assert_all_ran(installed.run("-m", "pytest", *options, *paths, **environment))


def _assert_shop(installed: Installed, story: str, settings: str, folder: Path) -> None:
    options = (f"--ds={settings}", "-p", "no:cacheprovider", "-p", "no:xdist", "-q")
    variables = {**REGISTRATIONS, "DATABASE_URL": f"sqlite:///{folder}/shop.sqlite3"}
    _assert_all_ran(installed.run("-m", "pytest", *options, story, **variables))


def _assert_all_ran(ended: subprocess.CompletedProcess[str]) -> None:
    last = ended.stdout.strip().splitlines()[-1]
    assert ended.returncode == 0, ended.stdout[-8000:]
    assert " passed" in last


def _assert_nothing_changes(installed: Installed, database: Database) -> None:
    variables = {**REGISTRATIONS, "DJANGO_SETTINGS_MODULE": SHOP, "DATABASE_URL": database.url}
    ended = run_to_end("tests.dist.moving", variables, "fill")
    assert ended.returncode == 0, ended.stderr
    before = json.loads(ended.stdout)
    assert before["apps"]["social"] == "social"
    moved = installed.run("-m", "tests.dist.moving", "report", **variables)
    assert moved.returncode == 0, moved.stdout
    after = json.loads(moved.stdout)
    assert after["apps"]["social"] == "tandem.social"
    assert set(before["apps"]) == set(after["apps"])
    assert set(after["commands"].values()) == {0}
    assert before["rows"] == after["rows"]
    filled = ("social_accesstoken", "rollout_brownout", "django_content_type", "auth_group_permissions")
    assert all(after["rows"][table] for table in (*filled, "django_migrations"))
