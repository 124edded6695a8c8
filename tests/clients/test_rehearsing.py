"""docs/clients.md, Rehearsing: each persona of the sandbox causes the error that the page says."""

import json
import re
import shutil
import subprocess
from urllib.parse import parse_qs, urlsplit
from zlib import crc32

import pytest
import requests
from django.conf import settings

from tests.e2e.servers import ROOT, Sandbox, Service

pytestmark = pytest.mark.e2e

PAGE = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
ROWS = re.findall(
    r"^\| `([a-z0-9-]+)` \| `([a-z0-9-]+)` \| `([a-z_]+)`(?:, with `Retry-After: (\d+)`)? \|$", PAGE, re.MULTILINE
)


def test_the_table_is_read() -> None:
    """Each row of the section has the form that the next test reads."""
    section = PAGE.split("\n## Rehearsing\n")[1]
    assert len(ROWS) == section.count("\n| `") == 8


@pytest.mark.parametrize(("persona", "provider", "code", "retry_after"), ROWS, ids=["-".join(row[:2]) for row in ROWS])
def test_a_persona_causes_the_error(
    persona: str, provider: str, code: str, retry_after: str, sandbox: Sandbox, service: Service
) -> None:
    """The access token that the sandbox issues for the persona is refused with the code.

    On one of the mounted APIs, since some answers take as long as the deadline of a sign-up.
    """
    prefixes = sorted(settings.APIS.values())
    base_url = f"{service.url}/{prefixes[crc32(persona.encode()) % len(prefixes)].rstrip('/')}"
    issued = requests.post(f"{sandbox.url}/{provider}/token", json={"persona": persona}, timeout=30).json()
    fields = {"provider": provider, "access_token": issued["access_token"]}
    answer = requests.post(f"{base_url}/social_sign_up/", json=fields, timeout=60)
    assert answer.json()["code"] == code
    assert answer.headers.get("Retry-After", "") == retry_after


def test_the_commands_sign_up(sandbox: Sandbox, service: Service) -> None:
    """A shell gets a token and a code from the sandbox and posts them, with the commands of the section."""
    if not shutil.which("curl"):
        pytest.skip("needs curl")
    section = PAGE.split("\n## Rehearsing\n")[1]
    text = section.replace("http://127.0.0.1:9100", sandbox.url).replace("http://localhost:8000", service.url)
    get_token, post_token, get_code, post_code = re.findall(r"^    (curl .*(?:\n     +.*)*)$", text, re.MULTILINE)

    token = json.loads(_output(get_token))["access_token"]
    signed_in = json.loads(_output(post_token.replace("the access_token of the first answer", token)))
    (code,) = parse_qs(urlsplit(_output(get_code)).query)["code"]
    again = json.loads(_output(post_code.replace("the code", code)))
    assert (again["outcome"], again["id"]) == ("signed_in", signed_in["id"])


def _output(command: str) -> str:
    ended = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60, check=True)  # noqa: S603, S607
    return ended.stdout
