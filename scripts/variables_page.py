"""deploy/tandem.env and the table in docs/operators.md, from config/variables.py.

python -m scripts.variables_page           writes them
python -m scripts.variables_page --check   reports whether they are up to date
"""

import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from config.variables import GROUPS, VARIABLES, Variable
from scripts.pages import write_or_check

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "operators.md"
SAMPLE = ROOT / "deploy" / "tandem.env"
COMMAND = "make openapi"
BEGIN = "<!-- Written by scripts/variables_page.py from config/variables.py. -->\n"
END = "<!-- The end of that table. -->\n"
NO_DEFAULT = "\N{EN DASH}"
_LINK = re.compile(r"\[([^]]*)\]\([^)]*\)")
_SEE = re.compile(r" \(\[[^]]*\]\([^)]*\)\)")
_HEAD = """\
# Every setting of the service, for systemd (EnvironmentFile=) and for `docker compose` (env_file:).
# Written by scripts/variables_page.py from config/variables.py; docs/operators.md, "Variables", has the links.
#
# The lines without # are what a service on a public network needs: fill them in. The others show an example; without
# them the default applies. A value is everything after =, without quotes and without a comment. Percent-encode special
# characters in URLs. Where a value is a secret, nobody but the service may read this file (chmod 600).
"""


def page() -> str:
    """Return the page with its table."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{''.join(_table())}\n{END}{after}"


def _table() -> Iterator[str]:
    yield "| variable | meaning | default |\n| --- | --- | --- |\n"
    for variable in VARIABLES:
        yield f"| `{variable.name}` | {variable.meaning} | {variable.default or NO_DEFAULT} |\n"


def sample() -> str:
    """Return the sample environment."""
    return _HEAD + "".join(_group(title, group) for title, group in GROUPS.items())


def _group(title: str, group: tuple[Variable, ...]) -> str:
    return f"\n### {title}\n\n" + "\n".join("".join(_entry(variable)) for variable in group)


def _entry(variable: Variable) -> Iterator[str]:
    sentences = [_plain(variable.meaning)]
    if variable.default:
        sentences.append(f"Default: {_plain(variable.default)}")
    if variable.is_secret:
        sentences.append("A secret")
    words = ". ".join(sentences) + "."
    words = words if variable.meaning.startswith("`") else words[:1].upper() + words[1:]
    yield textwrap.fill(words, 118, initial_indent="# ", subsequent_indent="# ") + "\n"
    yield f"{'' if variable.in_production else '#'}{variable.example_name}={variable.example}\n"


def _plain(markdown: str) -> str:
    return _LINK.sub(r"\1", _SEE.sub("", markdown)).replace("`", "")


if __name__ == "__main__":
    arguments = sys.argv[1:]
    sys.exit(write_or_check(PAGE, page, COMMAND, arguments) or write_or_check(SAMPLE, sample, COMMAND, arguments))
