"""What docs/adopters.md tells a team to write and to run, so that the tests do exactly that."""

import re
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "adopters.md"


def block(name: str) -> str:
    """Give the Python that the page says to add to a module, which its first line names: `# settings.py`."""
    text = PAGE.read_text(encoding="utf-8")
    (found,) = re.findall(rf"^```python\n# {name}\.py\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return str(found)


def run(name: str, module: dict[str, Any]) -> None:
    """Let a module end with what the page says."""
    exec(compile(block(name), f"<{PAGE.name}: {name}.py>", "exec"), module)  # noqa: S102 - our own page


def commands(section: str) -> Sequence[str]:
    """Give the commands of a section, in their order: lines that begin with `$ manage.py`."""
    (text,) = re.findall(
        rf"^## {section}\n(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    return [textwrap.dedent(line) for line in re.findall(r"^ +\$ manage\.py (.+)$", text, re.MULTILINE)]
