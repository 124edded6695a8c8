"""config/variables.py lists every variable that the service reads, with examples that it can read."""

import ast
import importlib
import os
import re
import runpy
import secrets
from collections.abc import Iterator, MutableMapping
from pathlib import Path

import pytest
from django.core.signals import setting_changed
from pytest_django import Settings

from config.variables import PATTERN, SOCIAL_AUTH, VARIABLES
from rollout.conf import conf as rollout_conf
from scripts.variables_page import SAMPLE
from social.conf import conf as social_conf
from social.providers.catalogue import CATALOGUE
from social.providers.registry import policy_for
from tests.config.test_deployment import check
from tests.e2e.servers import ROOT

PACKAGES = ("config", "server", "social", "shared", "rollout", "api_v2", "parity")
READERS = {
    "config/environment.py",  # reads all variables of the list
    "config/settings.py",  # SOCIAL_AUTH_*
    "config/checks.py",  # the names only
    "config/wsgi.py",  # DJANGO_SETTINGS_MODULE, as Django's own template
    "server/start.py",  # likewise, and GUNICORN_CMD_ARGS, which it refuses
    "server/gunicorn_settings.py",  # os.cpu_count
    "rollout/metrics/directory.py",  # sets PROMETHEUS_MULTIPROC_DIR
}
"""Files that use the environment."""


class Recorded(MutableMapping[str, str]):
    """An environment that records the names that are asked for."""

    def __init__(self, values: dict[str, str]) -> None:
        self.values_by_name = values
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self.values_by_name[name]

    def __contains__(self, name: object) -> bool:
        self.asked.add(str(name))
        return name in self.values_by_name

    def __setitem__(self, name: str, value: str) -> None:
        self.values_by_name[name] = value

    def __delitem__(self, name: str) -> None:
        del self.values_by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_by_name)

    def __len__(self) -> int:
        return len(self.values_by_name)


def read(monkeypatch: pytest.MonkeyPatch, **values: str) -> set[str]:
    """Read the settings of Django and of the server from these variables, and return the names that were asked for."""
    importlib.import_module("gunicorn.config")  # reads variables of its own
    recorded = Recorded({"SECRET_KEY": "x" * 50, **values})
    monkeypatch.setattr(os, "environ", recorded)
    for module in ("config/settings.py", "server/gunicorn_settings.py"):
        runpy.run_path(str(ROOT / module))
    return recorded.asked


def test_the_list_is_what_the_settings_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each variable that is read is listed, and each one that is listed is read."""
    asked = read(monkeypatch)
    listed = {variable.name for variable in VARIABLES if not variable.name.startswith(SOCIAL_AUTH)}
    assert asked == listed


def effective(monkeypatch: pytest.MonkeyPatch, settings: Settings, **values: str) -> dict[str, object]:
    """Return the settings that apply with these variables, those of the apps' `conf` included."""
    with monkeypatch.context() as patched:
        patched.setattr(os, "environ", {"SECRET_KEY": "x" * 50, **values})
        found, server = (
            runpy.run_path(str(ROOT / one)) for one in ("config/settings.py", "server/gunicorn_settings.py")
        )
    given = found.pop("_given")
    for name in {variable.name for variable in VARIABLES} - {"SECRET_KEY"}:
        if hasattr(settings, name):
            delattr(settings, name)
        if name in found:
            setattr(settings, name, found[name])
        else:  # the fixture sends no signal
            setting_changed.send(sender=None, setting=name, value=None, enter=True)
    read_by_apps = {
        f"{conf.__module__}.{name}": getattr(conf, name)
        for conf in (social_conf, rollout_conf)
        for name, attribute in vars(type(conf)).items()
        if isinstance(attribute, property)
    }
    plain = {name: one for name, one in {**server, **found}.items() if isinstance(one, int | float | str | list | dict)}
    return {name: one for name, one in plain.items() if name not in given and name[0] != "_"} | read_by_apps


def _defaults() -> dict[str, str]:
    """Return the defaults of the list that are values, not words."""
    read_as = {"off": "0", "on": "1", "0: off": "0"}
    found = {one.name: read_as.get(one.default, one.default.strip("`")) for one in VARIABLES}
    return {
        name: value
        for name, value in found.items()
        if re.fullmatch(r"[A-Za-z0-9.,/-]+", value) and value != "none" and not name.startswith(SOCIAL_AUTH)
    }


@pytest.mark.parametrize(("name", "value"), _defaults().items())
def test_the_default_is_what_applies(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """A variable that is set to its default in the list changes nothing."""
    expected = effective(monkeypatch, settings)
    assert effective(monkeypatch, settings, **{name: value}) == expected


def test_nothing_else_reads_the_environment() -> None:
    """A variable that another module reads would be in no list."""
    using = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if "/tests/" not in str(path) and _uses_environ(path)
    }
    assert using <= READERS


def _uses_environ(path: Path) -> bool:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return any(isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"} for node in nodes)


def test_required_settings_of_providers_are_listed() -> None:
    """Each setting that the proof or the codes of a provider with a policy of its own require has an entry."""
    listed = {variable.name for variable in VARIABLES}
    in_catalogue = {name for entry in CATALOGUE.values() for name in (*entry.settings, *entry.code_settings)}
    in_policies = {"PUBLIC_KEY", "ACCESS_TOKEN_URL", "DOMAIN"}
    missing = {
        (name, need)
        for name in CATALOGUE
        if (policy := policy_for(name))
        for need in (*policy.needs, *policy.code_needs)
        if not {f"{SOCIAL_AUTH}{PATTERN}_{need}", f"{SOCIAL_AUTH}{name.upper().replace('-', '_')}_{need}"} & listed
        # docs/providers.md, also written from the code, lists these by provider.
        and need not in in_catalogue | in_policies
    }
    assert missing == set()


def test_each_example_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The values in the sample are ones that the service accepts; a secret has none there."""
    read(monkeypatch, **{variable.example_name: variable.example for variable in VARIABLES if variable.example})
    assert all(variable.example or variable.is_secret for variable in VARIABLES)


def test_each_entry_has_one_name() -> None:
    """No variable is listed twice, and a secret of the sample is empty or obviously an example."""
    names = [variable.name for variable in VARIABLES]
    assert len(names) == len(set(names))
    assert all(
        variable.example == "" or "password@" in variable.example for variable in VARIABLES if variable.is_secret
    )


def test_the_sample_needs_its_secrets_only() -> None:
    """With the empty lines filled in, `check --deploy` reports nothing; without, the service does not start."""
    lines = re.findall(r"^([A-Z][A-Z0-9_]*)=(.*)$", SAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    status, output = check(dict(lines))
    assert status != 0
    assert "SECRET_KEY is not set" in output
    filled = {name: value or secrets.token_urlsafe(48) for name, value in lines}
    assert check(filled) == (0, "System check identified no issues (4 silenced).\n")
