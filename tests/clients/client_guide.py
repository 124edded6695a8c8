"""The contents of docs/client-guide.md: its sections, tables, bodies and snippets."""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import pytest

from tests.e2e.servers import ROOT

PAGE = (ROOT / "docs" / "client-guide.md").read_text(encoding="utf-8")
KINDS = ("id_token", "code", "access_token")
"""The fields of which the first in a body identifies the person."""

_TITLE = re.compile(r".*\(`([a-z0-9-]+)`\)\n")

Fields: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Section:
    """What the page says of one provider."""

    provider: str
    platforms: tuple[str, ...]
    sent: frozenset[frozenset[str]]
    """The fields of each row of its table."""
    bodies: tuple[Fields, ...]
    errors: frozenset[str]
    scope: str | None
    """The scope of a request for a code, where the section names one."""

    requires_pkce: bool
    """Whether the table says that PKCE is required."""

    @property
    def redirect_uris(self) -> list[str]:
        """Return the redirect URIs of the bodies."""
        return sorted({body["redirect_uri"] for body in self.bodies if "redirect_uri" in body})


def _parse(text: str) -> Section:
    title = _TITLE.match(text)
    assert title, text[:80]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if line[:2] == "| "]
    header, rows = rows[0], rows[2:]
    column = header.index("send")
    sent = (frozenset(re.findall(r"`(\w+)`", part)) for row in rows for part in row[column].split(";"))
    scope = re.search(r"the\s+scopes?(?:\s+are)?\s+`([^`]+)`\.", text)
    return Section(
        title[1],
        tuple(row[0] for row in rows),
        frozenset(sent),
        tuple(json.loads(body) for body in re.findall(r"^```json\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)),
        frozenset(re.findall(r"^- `(\w+)`: ", text, re.MULTILINE)),
        scope[1] if scope else None,
        any("required" in row[header.index("PKCE")] for row in rows),
    )


SECTIONS = {section.provider: section for section in map(_parse, filter(_TITLE.match, PAGE.split("\n## ")))}


def kind_of(body: Fields) -> str:
    """Return the field that identifies the person."""
    return next(kind for kind in KINDS if kind in body)


def snippets(language: str) -> str:
    """Return the code in a language."""
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))


@cache
def _node() -> str | None:
    return shutil.which("node")


def run_javascript(script: str, **values: Any) -> Any:
    """Run the page's JavaScript and then a script, and return what it passes to `done`."""
    if not (node := _node()):
        pytest.skip("needs Node")
    constants = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in values.items())
    source = f"{snippets('javascript')}\n{constants}const done = (it) => console.log(JSON.stringify(it));\n{script}"
    ended = subprocess.run(  # noqa: S603 - the page's
        [node, "--input-type=module", "-e", source], capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@dataclass(frozen=True)
class Advice:
    """What an app does after an error: with a token, and with a code."""

    status: int
    token: str
    code: str


def _advice() -> dict[str, Advice]:
    table = PAGE.split("\n## When a sign-up fails\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (\d{3}) \| (.+?) \| \*\*(\w+)\*\* \| \*\*(\w+)\*\* \|", table, re.MULTILINE)
    return {
        code: Advice(int(status), token, with_code)
        for status, codes, token, with_code in rows
        for code in re.findall(r"`(\w+)`", codes)
    }


ADVICE = _advice()
"""By the error's code."""
