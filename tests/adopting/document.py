"""The code and the commands in docs/adopters.md, which the tests use."""

import re
import textwrap
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "adopters.md"


def block(name: str) -> str:
    """Return the page's Python code for a module, which the first line of the code names: `# settings.py`."""
    text = PAGE.read_text(encoding="utf-8")
    (found,) = re.findall(rf"^```python\n# {name}\.py\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return with_our_names(str(found))


def with_our_names(code: str) -> str:
    """Return code of a page, which names the packages of the distribution, with the names of copied folders.

    Where the distribution is installed, the code is returned as it is.
    """
    # Also the names of folders that have been deleted.
    return code if find_spec("tandem") else re.sub(r"\btandem\.(?=[a-z])", "", code)


def run(name: str, module: dict[str, Any]) -> None:
    """Execute the page's code for a module in its namespace."""
    exec(compile(block(name), f"<{PAGE.name}: {name}.py>", "exec"), module)  # noqa: S102 - our own page


def commands(section: str) -> Sequence[str]:
    """Return the commands of a section in their order: the lines that begin with `$ manage.py`."""
    (text,) = re.findall(
        rf"^## {section}\n(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    return [textwrap.dedent(line) for line in re.findall(r"^ +\$ manage\.py (.+)$", text, re.MULTILINE)]
