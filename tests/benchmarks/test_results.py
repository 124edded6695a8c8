"""Medians and ratios of what was measured, and the report, the goals and the plot made of them."""

import json
from xml.etree import ElementTree as ET

import pytest

from benchmarks.goals import Goal, goals
from benchmarks.plot import plot
from benchmarks.report import figure, report, sign_in_tables, table
from benchmarks.results import BASELINE, Key, Results, Summary, percentile

TITLES = {BASELINE: "a bare view", "tandem-v2": "Tandem, /api/v2/", "one_peer": "a peer", "other_peer": "another"}
COSTS = {BASELINE: [1.0, 1.2, 1.1], "tandem-v2": [2.2], "one_peer": [11.0], "other_peer": [5.5]}
COST = Key("cpu_ms", "tandem-v2", "postgres", "http")


def results(costs: dict[str, list[float]], what: str = COST.what) -> Results:
    keys = {name: COST._replace(candidate=name, what=what) for name in costs}
    return Results(titles=TITLES, values={keys[name]: values for name, values in costs.items()})


def test_a_summary_is_the_median_and_the_range():
    """A disturbed round changes the range, not the median."""
    assert results({"tandem-v2": [2.0, 90.0, 1.0]}).summary(COST) == Summary(2.0, 1.0, 90.0)


def test_a_ratio_divides_medians():
    """It uses neither means nor the best rounds."""
    assert results({"tandem-v2": [2.0, 3.0, 90.0], BASELINE: [1.0, 1.5, 70.0]}).to_baseline(COST) == 2.0


@pytest.mark.parametrize("costs", [{"tandem-v2": [1.0]}, {BASELINE: [1.0]}, {"tandem-v2": [1.0], BASELINE: [0.0]}])
def test_there_is_no_ratio_without_both_figures(costs):
    """Nor where the divisor is zero."""
    assert results(costs).to_baseline(COST) is None


@pytest.mark.parametrize(("percent", "expected"), [(99, 99), (100, 100), (50, 50), (1, 1), (0, 1)])
def test_a_percentile_is_a_measured_value(percent, expected):
    """It is the nearest rank, whatever the order of the values."""
    assert percentile(list(range(100, 0, -1)), percent) == expected


def test_a_percentile_of_few_values_is_the_highest():
    assert percentile([3.0, 1.0], 99) == 3.0


def test_the_file_has_every_value(tmp_path):
    """Values of all rounds, with what they are about; statements and failures."""
    written = results({"tandem-v2": [1.5, 2.5]})
    written.statements, written.failures = {BASELINE: {"sign_in": ["SELECT ?"]}}, ["a peer, http: 500"]

    written.save(tmp_path / "results.json")

    content = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert content["values"] == [{**COST._asdict(), "values": [1.5, 2.5]}]
    assert content["statements"] == {BASELINE: {"sign_in": ["SELECT ?"]}}
    assert content["failures"] == ["a peer, http: 500"]


def test_a_row_has_the_median_and_the_ratios():
    """Ratios to the baseline and to Tandem; a dash for what was not measured."""
    _, rows = sign_in_tables(results(COSTS))
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows.splitlines()]

    assert cells[0][:4] == ["", "CPU ms", "× baseline", "÷ tandem-v2"]
    assert ["a peer", "11", "10", "5", "–", "–"] in cells


def test_the_report_shows_the_range():
    assert "1.10 (1–1.20)" in report(results(COSTS))


def test_the_report_has_no_table_for_what_was_not_measured():
    text = report(results(COSTS))

    assert "## Sign-in of a returning user" in text
    assert "## Exact counts" not in text
    assert "SQLite" not in text


def test_the_report_lists_failures():
    failed = results(COSTS)
    failed.failures = ["another, sqlite: expected 200"]

    assert "- another, sqlite: expected 200" in report(failed)


def test_a_goal_compares_with_the_peer_that_has_the_fewest_instructions():
    """Not with one that has more."""
    counted = results(COSTS, "sign_in_instructions")
    found = {(goal.aim, goal.unit): goal for goal in goals(counted) if "http" in goal.what}

    to_baseline, to_least = found[1.85, "× the baseline"], found[0.46, "× the peer with the fewest"]
    assert (to_baseline.measured, to_baseline.verdict) == (2.0, "missed")
    assert to_least.measured == pytest.approx(0.4)
    assert to_least.verdict == "met"


def test_reads_with_limits_are_compared_with_the_peer_that_has_none():
    """The default settings count; a slower peer does not."""
    found = Results(titles={**TITLES, "drf_authtoken": "REST framework"})
    for name, what, value in (
        ("tandem-v2", "reads_per_second_deployed", 300.0),
        ("tandem-v2", "reads_per_second", 900.0),
        ("drf_authtoken", "reads_per_second", 400.0),
        ("one_peer", "reads_per_second", 100.0),
    ):
        found.add(Key(what, name, "postgres"), value)
    (goal,) = [goal for goal in goals(found) if "reads a second" in goal.what]

    assert (goal.measured, goal.verdict) == (0.75, "missed")


@pytest.mark.parametrize(("first", "second"), [(1.0, 1.5), (1.5, 1.0)])
def test_a_goal_compares_the_dearer_api_with_the_other(first, second):
    found = results({"tandem-v1": [first], "tandem-v2": [second]}, "sign_in_instructions")
    found.titles = {"tandem-v1": "one", "tandem-v2": "two"}
    (goal,) = [goal for goal in goals(found) if "dearer" in goal.what and goal.measured is not None]

    assert (goal.measured, goal.verdict) == (1.5, "missed")


@pytest.mark.parametrize(
    ("aim", "value", "at_least", "verdict"),
    [
        (4, 4, False, "met"),
        (4, 5, False, "missed"),
        (0, 0, False, "met"),
        (0.8, 0.8, True, "met"),
        (0.8, 0.79, True, "missed"),
        (4, None, False, "not measured"),
    ],
)
def test_a_goal_has_a_verdict(aim, value, at_least, verdict):
    """A figure equal to the goal meets it."""
    assert Goal("a figure", aim, value, at_least=at_least).verdict == verdict


def test_goals_that_were_not_measured_are_listed():
    assert {goal.verdict for goal in goals(Results(titles=TITLES))} == {"not measured"}


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (3.0, "3"), (0.256, "0.26"), (12.34, "12.3"), (456.7, "457"), (1234.0, "1234")]
)
def test_a_figure_has_three_significant_digits(value, text):
    """Counts have no decimals."""
    assert figure(value) == text


def test_a_table_is_markdown():
    """The first column is aligned left, the others right."""
    assert table(("", "ms"), [("one", "1.5")]) == "|     |  ms |\n| --- | --: |\n| one | 1.5 |\n"


def test_bars_are_proportional_to_the_figures():
    root = ET.fromstring(plot(results(COSTS)))  # noqa: S314 - our own
    bars = [float(one.attrib["width"]) for one in root.iter("{http://www.w3.org/2000/svg}rect")][1:]

    assert [round(bar / bars[0], 1) for bar in bars] == [1.0, 2.0, 10.0, 5.0]
