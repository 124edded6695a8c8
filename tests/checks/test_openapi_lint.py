"""The linters of `openapi.yaml`: their answer where there is no Node, and their settings."""

import re

import pytest

from scripts import openapi_lint
from scripts.node_packages import SOURCES


@pytest.mark.parametrize(("ci", "status"), [("", 77), ("true", 1)])
def test_without_node(monkeypatch: pytest.MonkeyPatch, ci: str, status: int) -> None:
    """The step was not run, which `scripts/check` reports by name; in CI it has failed."""
    monkeypatch.setattr(openapi_lint, "is_available", lambda: False)
    monkeypatch.setenv("CI", ci)
    assert openapi_lint.main() == status


@pytest.mark.parametrize("name", ["redocly.yaml", "spectral.yaml"])
def test_each_disabled_rule_has_its_reason(name: str) -> None:
    """A comment stands above each rule that is off."""
    lines = (SOURCES / name).read_text(encoding="utf-8").splitlines()
    off = [number for number, line in enumerate(lines) if re.fullmatch(r"  [a-z-]+: off", line)]
    assert off
    assert all(lines[number - 1].startswith("  # ") for number in off)


def test_the_lock_names_no_registry() -> None:
    """The lock of the Node packages has a hash for each, and no address."""
    text = (SOURCES / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in text
    assert text.count('"integrity"') > 200
