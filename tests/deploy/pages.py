"""The commands of a page of docs/, run as an operator would type them."""

import os
import re
import subprocess
import textwrap
from pathlib import Path

from tests.e2e.servers import ROOT


def blocks(page: str) -> list[str]:
    """Return the indented blocks of a page, in order."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return [
        textwrap.dedent(block).strip() for block in re.findall(r"(?:^    .*\n(?:\n(?=    ))?)+", text, re.MULTILINE)
    ]


def run(page: str, beginning: str, folder: Path, **environment: str) -> str:
    """Run the only block of a page that begins so, in this folder, and return what it prints."""
    (block,) = (block for block in blocks(page) if block.startswith(beginning))
    ended = subprocess.run(  # noqa: S603 - our own page
        ["/bin/bash", "-euc", block],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout
