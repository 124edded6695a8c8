"""The distribution's project: a folder that any build frontend builds, with all packages in one namespace.

It is an ordinary project of setuptools (`src/tandem/`), made from the checkout. Its metadata is the `[project]` table
of pyproject.toml, and its dependencies are the requirements/*.in of the service and the requirements.in of an app.
"""

import ast
import json
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scripts.dist_renaming import NAMESPACE, Names, RenamingError, left, rename

ROOT = Path(__file__).resolve().parent.parent
UNSHIPPED = frozenset({"tests", "demo", "sandbox", "benchmarks"})
"""Packages that stay in the checkout."""
EXTRAS = {"server": None, "redis": ("redis", "async-timeout"), "metrics": ("prometheus-client",)}
"""Extras from requirements/run.in: all packages that a mounted service does not need, or these."""
_DATA = frozenset({".css", ".html", ".js", ".md", ".svg", ".toml"})
_INIT = '''\
"""Tandem: social sign-in for app clients, behind two APIs that answer alike."""

__version__ = "{version}"
'''


def names() -> Names:
    """Return the packages of the service."""
    packages = sorted(init.parent.name for init in ROOT.glob("*/__init__.py") if init.parent.name not in UNSHIPPED)
    return Names(ROOT, packages)


def metadata() -> dict[str, Any]:
    """Return the `[project]` table of pyproject.toml."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project


def requirements(path: Path) -> list[str]:
    """Return the requirements that a file itself lists, without those of files that it includes."""
    lines = (re.sub(r"(^|\s)#.*", "", line).strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("-r ")]


def extras() -> dict[str, list[str]]:
    """Return the extras and their requirements."""
    run = requirements(ROOT / "requirements" / "run.in")
    found = {
        extra: run if chosen is None else [one for one in run if _name(one) in chosen]
        for extra, chosen in EXTRAS.items()
    }
    for app in apis():
        # Named by the app, without `_api`. Not by the version: pip 24.2 reads an extra `v1` as a version number, and
        # cannot compare it with the name of another extra.
        if own := own_requirements(app):
            found[app.removesuffix("_api")] = own
    return {extra: needed for extra, needed in sorted(found.items()) if needed}


def own_requirements(app: str) -> list[str]:
    """Return the requirements that only this app has."""
    path = ROOT / app / "requirements.in"
    return requirements(path) if path.is_file() else []


def apis() -> dict[str, str]:
    """Return `APIS` of config/settings.py, without importing it."""
    tree = ast.parse((ROOT / "config" / "settings.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "APIS":
            apis: dict[str, str] = ast.literal_eval(node.value)
            return apis
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "APIS" and node.value:
            return dict(ast.literal_eval(node.value))
    raise LookupError("config/settings.py does not define APIS.")


def write(folder: Path) -> None:
    """Write the project into an empty folder.

    :raises RenamingError: a source cannot be renamed, or a file still has an old name.
    """
    package = folder / "src" / NAMESPACE
    package.mkdir(parents=True)
    project = metadata()
    (package / "__init__.py").write_text(_INIT.format(version=project["version"]), encoding="utf-8")
    (package / "py.typed").touch()
    found = names()
    for path in filter(_is_shipped, files(*found.packages)):
        target = package / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_renamed(ROOT / path, str(path), found))
    (package / "__main__.py").write_bytes(_renamed(ROOT / "manage.py", "manage.py", found))
    for name, text in _own_files(project).items():
        (folder / name).write_text(text, encoding="utf-8")
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def epoch() -> int:
    """Return SOURCE_DATE_EPOCH, or else the time of the last commit; 1980 outside a repository, as in ZIP files."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    ended = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False)
    return int(ended.stdout) if ended.returncode == 0 else 315_532_800


def _renamed(path: Path, where: str, found: Names) -> bytes:
    text = path.read_bytes().decode()
    if path.suffix == ".py":
        return rename(text, found, where).encode()
    if path.suffix not in _DATA:
        raise RenamingError(f"{where}: not a kind of file that is distributed.")
    if "vendor" not in path.parts and (old := left(text, found)):
        raise RenamingError(f"{where}: still has an old name: {', '.join(old)}")
    return text.encode()


def files(*paths: str) -> Iterator[Path]:
    """Yield the files below paths of the checkout that Git does not ignore, relative and sorted."""
    command = ["git", "ls-files", "-coz", "--exclude-standard", "--", *paths]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
        found = {Path(line) for line in listed if line}
    except (OSError, subprocess.CalledProcessError):  # no repository: an exported tree
        below = (path for name in paths for path in [ROOT / name, *(ROOT / name).rglob("*")])
        found = {path.relative_to(ROOT) for path in below if path.suffix != ".pyc"}
    yield from (path for path in sorted(found) if (ROOT / path).is_file())


def _is_shipped(path: Path) -> bool:
    return path.parts[1] != "tests" and not path.name.startswith("requirements.")


def _own_files(project: Mapping[str, Any]) -> dict[str, str]:
    """Return the project's own files by path."""
    files = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("LICENSE", "CHANGELOG.md")}
    page = (ROOT / "docs" / "distribution.md").read_text(encoding="utf-8")
    # Links to other pages of the checkout lead nowhere from an index.
    page = re.sub(r"\[([^\]]+)\]\((?![a-z]+:)[^)]+\)", r"\1", page)
    return {
        **files,
        "README.md": page,
        "MANIFEST.in": "graft src\ninclude CHANGELOG.md\n",
        "pyproject.toml": _pyproject(project),
    }


def _pyproject(project: Mapping[str, Any]) -> str:
    """Return the project's pyproject.toml."""
    table = {key: value for key, value in project.items() if key != "dynamic"}
    table["readme"] = "README.md"
    table["classifiers"] = sorted([*project["classifiers"], "Typing :: Typed"])
    table["dependencies"] = requirements(ROOT / "requirements" / "mount.in")
    urls = dict(table.pop("urls", {}))
    if changes := os.environ.get("CHANGELOG_URL"):
        urls["Changelog"] = changes
    lines = [
        "[build-system]",
        'requires = ["setuptools>=77.0.3"]',
        'build-backend = "setuptools.build_meta"',
        "",
        "[project]",
        *_lines(table),
        *(["", "[project.urls]", *_lines(urls)] if urls else []),
        "",
        "[project.optional-dependencies]",
        *_lines(extras()),
        "",
        "[tool.setuptools]",
        "include-package-data = false",  # the folders of templates and static files are not packages
        "",
        "[tool.setuptools.packages.find]",
        'where = ["src"]',
        "namespaces = false",
        "",
        "[tool.setuptools.package-data]",
        '"*" = ["**/*"]',
    ]
    return "\n".join(lines) + "\n"


def _lines(table: Mapping[str, Any]) -> list[str]:
    # JSON's strings and arrays of strings are TOML's, too.
    return [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in table.items()]


def _name(requirement: str) -> str:
    return re.split(r"[\s\[<>=~!;]", requirement, maxsplit=1)[0].lower()
