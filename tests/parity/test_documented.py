"""docs/parity.md documents every option of the command."""

import re

from django.core.management import load_command_class

from tests.e2e.servers import ROOT

OF_DJANGO = {
    *("--help", "--version", "--verbosity", "--settings", "--pythonpath", "--traceback", "--no-color"),
    *("--force-color", "--skip-checks"),
}


def test_every_option_is_documented() -> None:
    """The tables name all options of the command, and no others."""
    parser = load_command_class("parity", "check_parity").create_parser("manage.py", "check_parity")
    options = {one for action in parser._actions for one in action.option_strings if one.startswith("--")} - OF_DJANGO
    text = (ROOT / "docs" / "parity.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `-")]
    tables = {name for row in rows for name in re.findall(r"--[a-z-]+", row.split(" | ")[0])}
    assert tables == options
