"""Outcomes of the tests of each threat by database, from the report of `make test ARGS=--junitxml=run.xml`.

python -m scripts.threats_results RUN.xml
"""

import sys
from collections import Counter
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from scripts import threats_page

Counts = dict[tuple[int, str], Counter[str]]
COLUMNS = {"sqlite": "SQLite, or no database", threats_page.ON_POSTGRES: "PostgreSQL"}


def table(report: str) -> str:
    """Return the table.

    :param report: path of the JUnit XML.
    """
    counts: Counts = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - our own test run's file
        properties = {one.get("name"): one.get("value", "") for one in case.iter("property")}
        for number in properties.get(threats_page.PROPERTY, "").split():
            counts.setdefault((int(number), properties["database"]), Counter())[_outcome(case)] += 1
    rows = [("#", "threat", *COLUMNS.values())]
    rows += [
        (str(row.number), row.threat, *(_counts(counts, row.number, column) for column in COLUMNS))
        for row in threats_page.threats()
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _outcome(case: ET.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "skipped" if case.find("skipped") is not None else "passed"


def _counts(counts: Counts, number: int, column: str) -> str:
    own = counts.get((number, column), Counter())
    return ", ".join(f"{own[outcome]} {outcome}" for outcome in ("passed", "failed", "skipped") if own[outcome]) or "-"


def main(arguments: Sequence[str]) -> int:
    """Print the table."""
    print(table(arguments[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
