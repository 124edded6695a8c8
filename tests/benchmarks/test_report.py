"""The report: what was measured, where it belongs, and nothing that was not."""

from xml.etree import ElementTree as ET

import pytest

from benchmarks import report as costs
from benchmarks.goals import Goal, goals
from benchmarks.plot import plot
from benchmarks.report import figure, report, table
from benchmarks.results import Key, Results

TITLES = {"yardstick": "a bare view", "tandem-v2": "Tandem, /api/v2/", "one_peer": "a peer", "other_peer": "another"}


def measured(found: dict[str, list[float]]) -> Results:
    return Results(
        titles=TITLES, values={Key("cpu_ms", name, "postgres", "http"): values for name, values in found.items()}
    )


COSTS = {"yardstick": [1.0, 1.2, 1.1], "tandem-v2": [2.2], "one_peer": [11.0], "other_peer": [5.5]}


def test_a_row_has_the_median_and_the_ratios():
    """To the yardstick, and to each of Tandem's versions; a dash for what was not measured."""
    _, rows = costs.sign_in(measured(COSTS))
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows.splitlines()]

    assert cells[0][:4] == ["", "CPU ms", "× yardstick", "÷ tandem-v2"]
    assert ["a peer", "11", "10", "5", "–", "–"] in cells


def test_the_spread_is_shown():
    """The least and the most of all rounds stand beside the median."""
    assert "1.10 (1–1.20)" in report(measured(COSTS))


def test_what_was_not_measured_has_no_table():
    """A run of one part does not look like one of all."""
    told = report(measured(COSTS))

    assert "## A returning user signs in" in told
    assert "## Exact counts" not in told
    assert "SQLite" not in told


def test_wrong_answers_are_told():
    """A run in which a candidate failed says so."""
    results = measured(COSTS)
    results.failures = ["another, sqlite: expected 200"]

    assert "- another, sqlite: expected 200" in report(results)


def test_a_goal_is_held_against_the_fastest_peer():
    """Not against one that is easily beaten."""
    found = {(goal.aim, goal.unit): goal for goal in goals(measured(COSTS)) if "http" in goal.what}

    against_yardstick, against_peer = found[2, "× the yardstick"], found[1 / 3, "× the fastest peer"]
    assert (against_yardstick.measured, against_yardstick.verdict) == (2.0, "met")
    assert against_peer.measured == pytest.approx(0.4)
    assert against_peer.verdict == "missed"


def test_the_versions_are_compared_both_ways():
    """Whichever is dearer, it is its ratio to the other that counts."""
    for first, second in ((1.0, 1.5), (1.5, 1.0)):
        results = measured({"tandem-v1": [first], "tandem-v2": [second]})
        results.titles = {"tandem-v1": "one", "tandem-v2": "two"}
        (goal,) = [goal for goal in goals(results) if "dearer" in goal.what and goal.measured is not None]

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
    """At the aim is met; what was not measured is neither met nor missed."""
    assert Goal("a figure", aim, value, at_least).verdict == verdict


def test_all_goals_are_listed_whatever_was_measured():
    """What a run has left out is seen to be missing."""
    assert {goal.verdict for goal in goals(Results(titles=TITLES))} == {"not measured"}


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (3.0, "3"), (0.256, "0.26"), (12.34, "12.3"), (456.7, "457"), (1234.0, "1234")]
)
def test_a_figure_has_as_many_digits_as_mean_something(value, text):
    """Three, and none for what is counted."""
    assert figure(value) == text


def test_a_table_is_markdown():
    """Names to the left, figures to the right."""
    assert table(("", "ms"), [("one", "1.5")]) == "|     |  ms |\n| --- | --: |\n| one | 1.5 |\n"


def test_bars_are_as_long_as_what_they_stand_for():
    """The plot does not exaggerate."""
    root = ET.fromstring(plot(measured(COSTS)))  # noqa: S314 - our own
    bars = [float(one.attrib["width"]) for one in root.iter("{http://www.w3.org/2000/svg}rect")][1:]

    assert [round(bar / bars[0], 1) for bar in bars] == [1.0, 2.0, 10.0, 5.0]
