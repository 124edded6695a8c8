"""docs/threats.md: the threats of docs/threats.toml, each with the tests that show how it ends.

A test names them itself, `@pytest.mark.threat(7, 25)`; they are found as pytest collects them.

python -m scripts.threats_page           writes the page
python -m scripts.threats_page --check   fails if the page is not up to date, or a threat lacks a test
"""

import contextlib
import io
import sys
import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROWS = ROOT / "docs" / "threats.toml"
PAGE = ROOT / "docs" / "threats.md"
MARK = "threat"
PROPERTY = "threats"
"""What a report of a test run calls the numbers, with blanks between them (tests/conftest.py)."""
ON_POSTGRES = "postgres"


@dataclass(frozen=True)
class Threat:
    """One way in which things can go wrong, and how it must end."""

    number: int
    threat: str
    ends: str
    postgres: bool = False
    no_http: str = ""
    """Why no test can show it over real HTTP; empty where one has to."""


@dataclass(frozen=True, order=True)
class Shown:
    """A test that shows a threat: one of them for each set of its parameters."""

    file: str
    name: str
    number: int
    postgres: bool = False
    http: bool = False


def groups() -> dict[str, list[Threat]]:
    """Read the threats by the title they stand under."""
    data: dict[str, Any] = tomllib.loads(ROWS.read_text(encoding="utf-8"))
    return {group["title"]: [Threat(**row) for row in group["threat"]] for group in data["group"]}


def threats() -> list[Threat]:
    """Read the threats, in the order of the page."""
    return [threat for rows in groups().values() for threat in rows]


def collect() -> list[Shown]:
    """Find what the tests show; only files that use the mark are loaded.

    :raises SystemExit: pytest cannot collect them.
    """
    found = _Collected()
    said = io.StringIO()
    marked = [str(file) for file in _test_files() if f"mark.{MARK}(" in file.read_text(encoding="utf-8")]
    with contextlib.redirect_stdout(said):
        status = pytest.main(["--collect-only", "-qq", "--tb=line", "-p", "no:cacheprovider", *marked], plugins=[found])
    if status != pytest.ExitCode.OK:
        raise SystemExit(said.getvalue())
    return sorted(found.shown)


def _test_files() -> list[Path]:
    return sorted(file for folder in ("tests", "*/tests") for file in ROOT.glob(f"{folder}/**/test_*.py"))


class _Collected:
    """A plugin that notes what is collected."""

    def __init__(self) -> None:
        self.shown: set[Shown] = set()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            file, name = item.location[0], item.location[2].partition("[")[0]
            for number in numbers_of(item):
                postgres, http = (item.get_closest_marker(mark) is not None for mark in (ON_POSTGRES, "e2e"))
                self.shown.add(Shown(file, name, number, postgres, http))


def numbers_of(item: pytest.Item) -> list[int]:
    """Return the threats that a test covers."""
    return sorted({number for mark in item.iter_markers(MARK) for number in mark.args})


def properties_of(item: pytest.Item, numbers: Sequence[int]) -> list[tuple[str, object]]:
    """Return the properties of a test for the report of a run."""
    postgres = item.get_closest_marker(ON_POSTGRES) is not None
    return [(PROPERTY, " ".join(map(str, numbers))), ("database", ON_POSTGRES if postgres else "sqlite")]


def faults(rows: Sequence[Threat], shown: Collection[Shown]) -> list[str]:
    """Return the threats that lack a test, or a kind of test that they need, and the marks that name no threat."""
    return [*_unknown(rows, shown), *(fault for row in rows for fault in _lacking(row, shown))]


def _unknown(rows: Sequence[Threat], shown: Collection[Shown]) -> Iterator[str]:
    known = {row.number for row in rows}
    for test in sorted(shown):
        if test.number not in known:
            yield f"{test.file}: {test.name} names threat {test.number}, which docs/threats.toml does not have"


def _lacking(row: Threat, shown: Collection[Shown]) -> Iterator[str]:
    own = [test for test in shown if test.number == row.number]
    if not own:
        yield f"threat {row.number} has no test"
        return
    if row.postgres and not any(test.postgres for test in own):
        yield f"threat {row.number} has no test on PostgreSQL"
    if row.postgres and all(test.postgres for test in own):
        yield f"threat {row.number} has no test on SQLite"
    if not row.no_http and not any(test.http for test in own):
        yield f"threat {row.number} has no test over real HTTP"


def page(shown: Collection[Shown]) -> str:
    """Return the page."""
    return "\n".join([*_head(), *(line for title, rows in groups().items() for line in _group(title, rows, shown))])


def _head() -> Iterator[str]:
    yield "# Threats, and the tests that cover them"
    yield ""
    yield "<!-- Written by scripts/threats_page.py from docs/threats.toml and the marks of the tests: make threats -->"
    yield ""
    yield "[security.md](security.md) says what is promised, and on which conditions. None of these may end as a 500."
    yield "`make check` fails if a threat has no test; if it has none over real HTTP, unless the row says why not; or"
    yield "if a row about concurrent writes has none on PostgreSQL. **H**: the test uses real HTTP; **P**: it also runs"
    yield "on PostgreSQL."
    yield ""


def _group(title: str, rows: Sequence[Threat], shown: Collection[Shown]) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    yield "| # | threat | must end | tests |"
    yield "| --- | --- | --- | --- |"
    for row in rows:
        ends = row.ends + (" (on both databases)" if row.postgres else "")
        ends += f" (not over HTTP: {row.no_http})" if row.no_http else ""
        yield f"| {row.number} | {row.threat} | {ends} | {_shown_by(row, shown)} |"
    yield ""


def _shown_by(row: Threat, shown: Collection[Shown]) -> str:
    files: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for test in sorted(shown):
        if test.number == row.number:
            files[test.file][test.name] |= {letter for letter, on in (("H", test.http), ("P", test.postgres)) if on}
    return "<br>".join(
        f"[{file}](../{file}): " + ", ".join(f"`{name}`{_letters(kinds)}" for name, kinds in tests.items())
        for file, tests in files.items()
    )


def _letters(kinds: Collection[str]) -> str:
    return f" **{''.join(sorted(kinds))}**" if kinds else ""


def main(arguments: Sequence[str]) -> int:
    """Write the page, or report that it is not up to date; report threats without a test either way."""
    shown = collect()
    if "--check" not in arguments:
        PAGE.write_text(page(shown), encoding="utf-8")
    found = faults(threats(), shown)
    if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != page(shown):
        found.append("docs/threats.md is not up to date: make threats")
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
