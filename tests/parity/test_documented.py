"""docs/parity.md documents every option of the command, and its middleware records what the command reads."""

import re
from pathlib import Path
from typing import Any

from django.core.management import load_command_class
from django.http import HttpResponse
from django.test import RequestFactory

from parity.observed import ObservedRequest
from parity.recordings import read_json_lines
from tests.e2e.servers import ROOT

PAGE = (ROOT / "docs" / "parity.md").read_text(encoding="utf-8")
OF_DJANGO = {
    *("--help", "--version", "--verbosity", "--settings", "--pythonpath", "--traceback", "--no-color"),
    *("--force-color", "--skip-checks"),
}


def test_every_option_is_documented() -> None:
    """The tables name all options of the command, and no others."""
    parser = load_command_class("parity", "check_parity").create_parser("manage.py", "check_parity")
    options = {one for action in parser._actions for one in action.option_strings if one.startswith("--")} - OF_DJANGO
    rows = [line for line in PAGE.splitlines() if line.startswith("| `-")]
    tables = {name for row in rows for name in re.findall(r"--[a-z-]+", row.split(" | ")[0])}
    assert tables == options


def test_the_middleware_records_requests_without_credentials(tmp_path: Path) -> None:
    """The command reads its lines, and sees which requests had a credential."""
    (code,) = re.findall(r"^```python\n# recording\.py\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    file, module = tmp_path / "v1.jsonl", dict[str, Any]()
    exec(compile(code.replace("/var/log/shop/v1.jsonl", str(file)), "<recording.py>", "exec"), module)  # noqa: S102 - our own page
    middleware = module["RecordRequests"](lambda request: HttpResponse(status=204))
    make = RequestFactory()
    middleware(make.get("/api/v1/os/?username=ripley&api_key=SECRET&slug=a"))
    middleware(make.delete("/api/v1/os/1/", headers={"Authorization": "ApiKey ripley:SECRET"}))
    middleware(make.get("/api/v1/os/", headers={"Accept": "application/json"}))
    middleware(make.get("/other/"))
    middleware.log.close()
    recorded = read_json_lines(file, lambda url: True)
    observed = [ObservedRequest("log", one, one.url.removeprefix("/api/v1/"), "os") for one in recorded]
    assert [(one.shown, one.has_credential) for one in observed] == [
        ("GET os/?username=…&api_key=…&slug=…", True),
        ("DELETE os/1/", True),
        ("GET os/", False),
    ]
    assert [one.answer and one.answer.status for one in recorded] == [204] * 3
    assert "SECRET" not in file.read_text(encoding="utf-8")
