"""docs/differences.md, from the data that the tests use.

These are shared/contract/differences.py, docs/differences.toml (the decisions) and parity/examples.toml (requests).

python -m scripts.differences_page           writes the page
python -m scripts.differences_page --check   fails if the page is not up to date
"""

import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.pages import write_or_check
from shared.contract import differences

ROOT = Path(__file__).resolve().parent.parent
ROWS = ROOT / "docs" / "differences.toml"
EXAMPLES = ROOT / "parity" / "examples.toml"
PAGE = ROOT / "docs" / "differences.md"


@dataclass(frozen=True)
class Example:
    """One request that shows a row, and what comes of it on every version."""

    method: str
    path: str
    status: int
    signed_in: bool = False
    given: Mapping[str, str] = field(default_factory=dict)
    """Headers; an empty Content-Type is sent as such."""
    body: str = ""
    """What is sent; for HEAD and OPTIONS, which send none, what comes back."""
    body_hex: str = ""
    padding: int = 0
    """The size of a body of blanks."""
    chunked: bool = False
    code: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Of the answer; empty for one that is not there."""
    body_out: str = ""
    """The whole body of the answer."""
    matches: str = ""
    """What the body of the answer has to contain, as a regular expression."""

    def sends(self) -> bytes:
        """Return the body of the request."""
        if self.method in {"HEAD", "OPTIONS"}:
            return b""
        return bytes.fromhex(self.body_hex) or b" " * self.padding or self.body.encode()


@dataclass(frozen=True)
class Row:
    """One thing in which the two frameworks differ by nature."""

    id: str
    subject: str
    v1: str
    v2: str
    contract: str
    why: str
    wins: str
    examples: Sequence[Example]


def rows() -> list[Row]:
    """Read the rows, in the order of the page.

    :raises ValueError: there are examples of a row that does not exist.
    """
    examples = tomllib.loads(EXAMPLES.read_text(encoding="utf-8"))
    found = [
        Row(**row, examples=tuple(Example(**example) for example in examples.pop(row["id"], ())))
        for row in _data()["row"]
    ]
    if examples:
        raise ValueError(f"{EXAMPLES.name}: there is no row {', '.join(examples)}.")
    return found


def page() -> str:
    """Return the page."""
    return "\n".join([*_head(), *_closed_list(), *_decisions()]) + "\n"


def _data() -> dict[str, Any]:
    return tomllib.loads(ROWS.read_text(encoding="utf-8"))


def _head() -> Iterator[str]:
    yield "# What differs between v1 and v2"
    yield ""
    yield "<!-- Written by scripts/differences_page.py from shared/contract/differences.py, docs/differences.toml and"
    yield "     parity/examples.toml. -->"
    yield ""
    yield "Only the list below differs for a client. Both versions answer every request that Django accepts with the"
    yield "same status, headers and bytes. The tests compare the answers, and check each difference against this list."
    yield ""


def _closed_list() -> Iterator[str]:
    yield "## The closed list"
    yield ""
    yield "| where | what may differ |"
    yield "| --- | --- |"
    for name, rules in differences.HEADERS.items():
        yield f"| header `{_header(name)}` | {_reasons(rules)} |"
    for place, rules in differences.BODY.items():
        yield f"| body `{place}` | {_reasons(rules)} |"
    life_cycle = ", ".join(f"`{_header(name)}`" for name in sorted(differences.LIFE_CYCLE_HEADERS))
    yield f"| headers {life_cycle}, on v1 alone | {differences.LIFE_CYCLE} |"
    yield f"| status 410 `version_retired`, on v1 alone | {differences.LIFE_CYCLE} |"
    yield ""
    yield "A field is named by its path. A field of an object in a list may differ like the same field of a single"
    yield "object. `Content-Length` follows from the body. `/api/v2/openapi.yaml` and `/api/v2/docs/` are"
    yield "documentation, not API, and exist on v2 alone."
    yield ""


def _header(name: str) -> str:
    return "-".join(part.upper() if part == "id" else part.capitalize() for part in name.split("-"))


def _reasons(rules: Sequence[differences.Rule]) -> str:
    return "; ".join(rule.reason for rule in rules)


def _decisions() -> Iterator[str]:
    words = _data()["words"]
    found = rows()
    wins = {"v1": words["v1"], "v2": words["v2"], "both": "both, each in part", "neither": "neither"}
    examples = sum(len(row.examples) for row in found)
    yield "## Where the frameworks differ by nature"
    yield ""
    yield f"v1 uses {words['v1']}, v2 uses {words['v2']}. By default they would differ in these {len(found)} ways. For"
    yield "each there is a decision: the behaviour that an old client relies on wins, unless it is unsafe or wrong."
    yield f"The tests run the {examples} requests shown against every mounted version (tests/differences/)."
    for row in found:
        yield ""
        yield f"### {row.subject}"
        yield ""
        yield f"- **{words['v1']}:** {row.v1}"
        yield f"- **{words['v2']}:** {row.v2}"
        yield f"- **The contract** ({wins[row.wins]}): {row.contract}"
        yield f"- **Why:** {row.why}"
        for example in row.examples:
            yield f"- `{_request(example)}` → {example.status}{_code(example)}"


def _request(example: Example) -> str:
    said = [f"{example.method} …/{example.path}"]
    said += [f"{name}: {value}".rstrip() for name, value in example.given.items()]
    said += ["with an access token"] if example.signed_in else []
    said += ["chunked"] if example.chunked else []
    if sent := example.sends():
        said.append(f"{len(sent)} bytes" if example.padding or example.body_hex else sent.decode())
    return " · ".join(said)


def _code(example: Example) -> str:
    return f" `{example.code}`" if example.code else ""


if __name__ == "__main__":
    sys.exit(write_or_check(PAGE, page, "python -m scripts.differences_page", sys.argv[1:]))
