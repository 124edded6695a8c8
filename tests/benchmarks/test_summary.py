"""Medians, ratios and percentiles: what all tables are made of."""

import pytest

from benchmarks.results import Key, Results, Summary, load, percentile, ratio, save, summarised

COST = Key("cpu_ms", "tandem-v2", "postgres", "http")
LEAST = COST._replace(candidate="yardstick")


def results(**values: list[float]) -> Results:
    keys = {"tandem": COST, "yardstick": LEAST}
    return Results(values={keys[name]: found for name, found in values.items()})


def test_a_figure_is_the_median_with_its_spread():
    """One round that somebody else's work has disturbed moves the spread, not the figure."""
    assert summarised(results(tandem=[2.0, 90.0, 1.0]), COST) == Summary(2.0, 1.0, 90.0)


def test_a_ratio_is_one_of_medians():
    """Not of means, nor of the best."""
    assert ratio(results(tandem=[2.0, 3.0, 90.0], yardstick=[1.0, 1.5, 70.0]), COST, LEAST) == 2.0


@pytest.mark.parametrize("values", [{"tandem": [1.0]}, {"yardstick": [1.0]}, {"tandem": [1.0], "yardstick": [0.0]}])
def test_what_was_not_measured_has_no_ratio(values):
    """Nothing is made up for it."""
    assert ratio(results(**values), COST, LEAST) is None


@pytest.mark.parametrize(("percent", "expected"), [(99, 99), (100, 100), (50, 50), (1, 1), (0, 1)])
def test_a_percentile_is_a_value_that_was_measured(percent, expected):
    """By the nearest rank, whatever the order."""
    assert percentile(list(range(100, 0, -1)), percent) == expected


def test_the_percentile_of_few_values_is_the_highest():
    """With fewer than a hundred, nothing is beyond."""
    assert percentile([3.0, 1.0], 99) == 3.0


def test_results_are_read_as_they_were_written(tmp_path):
    """Tables can be made anew from the file alone."""
    written = results(tandem=[1.5, 2.5], yardstick=[0.5])
    written.about, written.titles = {"processor": "2 × x"}, {"yardstick": "a bare view"}
    written.statements, written.failures = {"yardstick": {"sign_in": ["SELECT ?"]}}, ["somebody, http: 500"]

    save(written, tmp_path / "results.json")

    assert load(tmp_path / "results.json") == written
