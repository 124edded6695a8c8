"""docs/provider_answers.md: documented answers of providers, and what the client and the operator are told of each.

The rows are in docs/provider_answers.toml; tests/contract/test_provider_answers.py replays them.

python -m scripts.provider_answers_page           writes the page
python -m scripts.provider_answers_page --check   fails if the page is not up to date
"""

import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.pages import write_or_check
from shared.contract.errors import leaves

ROOT = Path(__file__).resolve().parent.parent
ROWS = ROOT / "docs" / "provider_answers.toml"
PAGE = ROOT / "docs" / "provider_answers.md"

ERROR, WARNING, NOTHING = "error", "warning", ""


@dataclass(frozen=True)
class Answer:
    """An answer of a provider."""

    status: int
    code: str
    """The provider's code, with its subcode; empty if the answer has none."""
    meaning: str
    body: str
    client: str
    """The code of our error."""
    operator: str
    """`ERROR`, `WARNING` or `NOTHING`."""
    source: str
    logged: str = ""
    """The code in the log, if it is not the provider's."""
    made: bool = False
    """Whether the body is ours, in the provider's form."""

    @property
    def record(self) -> str:
        """What the access line says of the answer."""
        return f"provider_status={self.status} provider_code={self.logged or self.code}"


@dataclass(frozen=True)
class Call:
    """A call to a provider, with its answers."""

    title: str
    provider: str
    step: str
    """The name of the call in the tests."""
    request: str
    answers: Sequence[Answer]


def calls() -> list[Call]:
    """Read the calls, in the order of the page."""
    data: dict[str, Any] = tomllib.loads(ROWS.read_text(encoding="utf-8"))
    return [Call(answers=[Answer(**row) for row in call.pop("answer")], **call) for call in data["call"]]


def page() -> str:
    """Return the page."""
    read = calls()
    return "\n".join([*_head(read), *(line for call in read for line in _section(call))]).rstrip() + "\n"


def _head(read: Sequence[Call]) -> Iterator[str]:
    answers = [answer for call in read for answer in call.answers]
    yield "# What comes of a provider's answer"
    yield ""
    yield "<!-- Written by scripts/provider_answers_page.py from docs/provider_answers.toml. -->"
    yield ""
    yield f"{len(answers)} answers that X, Facebook and Instagram document, or that were reported: what the client is"
    yield "told ([contract](contract.md#3-errors)), and what the operator is told. A test sends each one through every"
    yield "mounted API. A refusal of our registration, plan or permissions is never the client's: it is"
    yield "`provider_misconfigured`, an access line at level ERROR with the provider's code, and"
    yield "`tandem_provider_misconfigured_total` ([metrics](metrics.md)). A *warning* is for errors that the provider"
    yield "gives both for an invalid credential and for our registration: if they come at every sign-in, check the"
    yield "registration. The rules are in the policies (`faults` in `social/providers/`), the reasons in"
    yield "[decision 22](decisions/0022-the-first-three-providers.md)."
    yield ""
    yield "\\* The source has the status or the code; the body is made in the provider's form."
    yield ""


def _section(call: Call) -> Iterator[str]:
    yield f"## {call.title}"
    yield ""
    yield f"{call.request}"
    yield ""
    yield "| answer | meaning | body | client | operator | source |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for answer in call.answers:
        yield f"| {' | '.join(_cells(call, answer))} |"
    yield ""


def _cells(call: Call, answer: Answer) -> Sequence[str]:
    status = {leaf.code: leaf.status for leaf in leaves()}[answer.client]
    body = answer.body.replace("|", "\\|")
    told = {
        ERROR: f"error: `{answer.record}`; counted",
        WARNING: f"warning: `{answer.record}`",
        NOTHING: "",
    }
    return (
        f"{answer.status} {answer.code}".rstrip(),
        answer.meaning,
        (f"`{body}`" if body else "(empty)") + (" \\*" if answer.made else ""),
        f"{status} `{answer.client}`",
        told[answer.operator],
        f"<{answer.source}>",
    )


if __name__ == "__main__":
    sys.exit(write_or_check(PAGE, page, "python -m scripts.provider_answers_page", sys.argv[1:]))
