"""deploy/Containerfile and deploy/compose.yaml: what can be checked without an engine."""

import ast
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from benchmarks.certificates import Authority
from tests.e2e.servers import ROOT, free_port

DEPLOY = ROOT / "deploy"
CONTAINERFILE = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
IGNORED = (DEPLOY / "Containerfile.dockerignore").read_text(encoding="utf-8").splitlines()


def compose() -> dict[str, Any]:
    """Return the compose file."""
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return found


def included(name: str) -> bool:
    """Return True if a top-level name is part of the image."""
    return any(Path(name).match(line.removeprefix("!")) for line in IGNORED if line.startswith("!"))


@cache
def imported(package: Path) -> frozenset[str]:
    """Return the top-level names that a package imports, its tests apart."""
    found: set[str] = set()
    for path in package.rglob("*.py"):
        if "/tests/" in str(path):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
    return frozenset(found)


def test_the_image_has_the_packages_of_the_service() -> None:
    """The server, the settings, the apps, all that they import of this project, and nothing else of it."""
    ours = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    needed = {"server", "config", *ours.intersection(app.partition(".")[0] for app in settings.INSTALLED_APPS)}
    for _ in ours:
        needed |= ours.intersection(name for package in needed for name in imported(ROOT / package))
    assert {name for name in ours if included(name)} == needed
    assert included("manage.py")
    assert not included("db.sqlite3")
    assert not included(".git")
    assert IGNORED[1] == "*"


def test_the_image_runs_without_privileges_and_secrets() -> None:
    """A user by number, the packages by hash, and no setting but the address."""
    last = CONTAINERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER [1-9][0-9]*:[1-9][0-9]*$", last, flags=re.MULTILINE)
    assert last.index("USER") < last.index("CMD")
    assert "scripts/bootstrap.py .running requirements/run.txt" in CONTAINERFILE
    assert "--require-hashes" in (ROOT / "scripts" / "bootstrap.py").read_text(encoding="utf-8")
    (assigned,) = re.findall(r"^ENV ((?:.*\\\n)*.*)$", last, flags=re.MULTILINE)
    assert set(re.findall(r"(\w+)=", assigned)) == {"BIND", "PORT", "PATH", "PYTHONUNBUFFERED"}
    assert not re.search(r"(?i)secret_key=|password=|token=", CONTAINERFILE)


def test_only_the_proxy_is_published() -> None:
    """The service, the database and Redis are reached inside the networks; the last two have no way out."""
    services = compose()["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert compose()["networks"]["storage"] == {"internal": True}
    for name in ("database", "cache"):
        assert services[name]["networks"] == ["storage"]
    assert services["proxy"]["networks"] == ["proxy"]


def test_the_service_waits_for_its_migrations() -> None:
    """A release migrates once, before its processes start, with the same image and settings."""
    services = compose()["services"]
    assert services["tandem"]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert services["migrate"]["command"] == ["python", "manage.py", "migrate", "--no-input"]
    for key in ("image", "build", "env_file", "environment", "networks", "read_only"):
        assert services["migrate"][key] == services["tandem"][key]


def test_files_of_the_compose_file_exist() -> None:
    """Every mounted file but the certificates, and none of them in the repository with a secret."""
    mounted = [volume.partition(":")[0] for volume in compose()["services"]["proxy"]["volumes"]]
    assert [path for path in mounted if not (DEPLOY / path).is_file()] == ["./tls"]
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {".env", "/deploy/tls/"} <= set(ignored)


def test_nginx_accepts_the_files(tmp_path: Path) -> None:
    """`nginx -t` with the layout of nginx's image, and the name of the service as an address of this machine."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if program is None:
        pytest.skip("needs nginx")
    for volume in compose()["services"]["proxy"]["volumes"]:
        source, target, _ = volume.split(":")
        copy = tmp_path / Path(target).relative_to("/etc/nginx")
        if source != "./tls":
            copy.parent.mkdir(exist_ok=True)
            shutil.copy(DEPLOY / source, copy)
    servers = tmp_path / "tandem-servers.conf"
    servers.write_text(servers.read_text(encoding="utf-8").replace("tandem:", "127.0.0.1:"), encoding="utf-8")
    listen = tmp_path / "tandem-listen.conf"
    listen.write_text(listen.read_text(encoding="utf-8").replace("443", f"127.0.0.1:{free_port()}"), encoding="utf-8")
    (tmp_path / "tls").mkdir()
    # One file with the certificate and its key serves as both.
    shutil.copy(Authority().signed(tmp_path / "tls" / "api.pem"), tmp_path / "tls" / "api.key")
    (tmp_path / "nginx.conf").write_text("events {}\nhttp { include conf.d/*.conf; }\n", encoding="utf-8")
    command = [program, "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"), "-e", "stderr"]
    command += ["-g", f"pid {tmp_path}/nginx.pid;"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    assert ended.returncode == 0, ended.stderr
    assert "[warn]" not in ended.stderr
