"""docs/parity.md and docs/translating.md say what there is."""

import re

import pytest
from django.core.management import load_command_class

from tests.e2e.servers import ROOT

OF_DJANGO = {
    *("--help", "--version", "--verbosity", "--settings", "--pythonpath", "--traceback", "--no-color"),
    *("--force-color", "--skip-checks"),
}


@pytest.mark.parametrize(("command", "page"), [("check_parity", "parity"), ("translate_request", "translating")])
def test_every_option_is_documented(command: str, page: str) -> None:
    """The tables name the options that there are, and no others."""
    parser = load_command_class("rollout", command).create_parser("manage.py", command)
    options = {one for action in parser._actions for one in action.option_strings if one.startswith("--")} - OF_DJANGO
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith(("| `-", "| `FILE"))]
    tables = {name for row in rows for name in re.findall(r"--[a-z-]+", row.split(" | ")[0])}
    assert tables == options
