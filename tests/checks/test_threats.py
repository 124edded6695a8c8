"""docs/threats.md and the table of results: a threat without the required tests is reported."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from scripts import threats_page, threats_results
from scripts.threats_page import Shown, Threat, faults

PLAIN = Threat(1, "a threat", "well")
RACED = Threat(2, "a race", "well", postgres=True)
NO_HTTP = Threat(3, "a matter of files", "well", no_http="there is nothing to call")
ENOUGH = [
    Shown("tests/a.py", "test_a", 1, http=True),
    Shown("tests/b.py", "test_b", 2),
    Shown("tests/b.py", "test_b", 2, postgres=True, http=True),
    Shown("tests/c.py", "test_c", 3),
]


def without(*left_out: int) -> list[Shown]:
    return [test for place, test in enumerate(ENOUGH) if place not in left_out]


@pytest.mark.parametrize(
    ("shown", "found"),
    [
        (ENOUGH, []),
        (without(0), ["threat 1 has no test"]),
        (without(1), ["threat 2 has no test on SQLite"]),
        (without(2), ["threat 2 has no test on PostgreSQL", "threat 2 has no test over real HTTP"]),
        (without(3), ["threat 3 has no test"]),
        ([*without(0), Shown("tests/a.py", "test_a", 1)], ["threat 1 has no test over real HTTP"]),
        (
            [*ENOUGH, Shown("tests/d.py", "test_d", 35)],
            ["tests/d.py: test_d names threat 35, which docs/threats.toml does not have"],
        ),
    ],
)
def test_missing_tests_are_reported(shown: Iterable[Shown], found: list[str]) -> None:
    """Each kind of test that a row needs is checked."""
    assert faults([PLAIN, RACED, NO_HTTP], list(shown)) == found


def test_each_row_has_a_number_of_its_own() -> None:
    """The numbers ascend; those that are missing belong to threats of what is not built yet."""
    numbers = [threat.number for threat in threats_page.threats()]
    assert numbers == sorted(set(numbers))


def test_the_page_names_each_test_once() -> None:
    """A test with several parameters is named once, with H and P if any of them has the mark."""
    page = threats_page.page([*ENOUGH, Shown("tests/b.py", "test_a", 2, http=True)])
    assert "[tests/b.py](../tests/b.py): `test_a` **H**, `test_b` **HP** |" in page
    assert page.count("test_b") == 1


def test_results_by_database(tmp_path: Path) -> None:
    """An error in a fixture counts as a failure, and a skipped test is counted as skipped."""

    def case(threats: str, database: str, inside: str = "") -> str:
        properties = f'<property name="threats" value="{threats}"/><property name="database" value="{database}"/>'
        return f'<testcase name="t"><properties>{properties}</properties>{inside}</testcase>'

    report = tmp_path / "run.xml"
    cases = [
        case("24 25", "sqlite"),
        case("24", "sqlite"),
        case("24", "postgres", '<failure message="no"/>'),
        case("24", "postgres", '<error message="no"/>'),
        case("25", "postgres", '<skipped message="needs PostgreSQL"/>'),
        '<testcase name="other"/>',
    ]
    report.write_text(f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>", encoding="utf-8")
    lines = {line.split()[0]: line for line in threats_results.table(str(report)).splitlines()}
    assert len(lines) == 1 + len(threats_page.threats())
    assert lines["24"].split("  ")[-1].strip() == "2 failed"
    assert "2 passed" in lines["24"]
    assert lines["25"].split("  ")[-1].strip() == "1 skipped"
    assert lines["1"].split()[-2:] == ["-", "-"]


def test_the_report_contains_the_threats(request: pytest.FixtureRequest) -> None:
    """The numbers of a mark are properties of the test in the report."""
    item = request.node
    item.add_marker(pytest.mark.threat(7, 25))
    item.add_marker(pytest.mark.postgres)
    numbers = threats_page.numbers_of(item)
    assert threats_page.properties_of(item, numbers) == [("threats", "7 25"), ("database", "postgres")]
