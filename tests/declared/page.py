"""The code and the answers in docs/resources.md, which the tests use."""

import re
from pathlib import Path
from typing import Any

from tests.adopting import document

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "resources.md"


def run(name: str) -> dict[str, Any]:
    """Execute the page's code for a module of a project whose models are those of the tests; return its namespace."""
    (code,) = re.findall(rf"^```python\n# {name}\.py\n(.*?)^```$", _text(), re.MULTILINE | re.DOTALL)
    module: dict[str, Any] = {}
    code = document.with_our_names(code).replace("downloads.models", "tests.declared.models")
    exec(compile(code, f"<{PAGE.name}: {name}.py>", "exec"), module)  # noqa: S102 - our own page
    return module


def answers() -> dict[str, str]:
    """Return the bodies of the page's answers by their paths."""
    return dict(re.findall(r"^    GET (\S+)\n    (.+)$", _text(), re.MULTILINE))


def _text() -> str:
    return PAGE.read_text(encoding="utf-8")
