"""The line through the weeks."""

from math import exp, log

import pytest

from rollout.status.projection import MIN_WEEKS, TREND_WEEKS, trend

TOTAL = 10**9


def halving(weeks: int, every: float = 2.0) -> list[tuple[int, int]]:
    """Return weeks whose odds halve in this number of weeks, down to one in a hundred."""
    odds = [exp(log(0.01) + log(2) / every * back) for back in reversed(range(weeks))]
    return [(round(TOTAL * each / (1 + each)), TOTAL) for each in odds]


def test_a_straight_line_is_found() -> None:
    """Slope, level and the time to any share; the interval is a point."""
    line = trend(halving(TREND_WEEKS))
    assert line is not None
    assert line.slope == pytest.approx(-log(2) / 2)
    assert line.fastest == pytest.approx(line.slope)
    assert line.slowest == pytest.approx(line.slope)
    assert line.falls
    assert line.share_in(0) == pytest.approx(0.01 / 1.01)
    assert line.share_in(2) == pytest.approx(0.005 / 1.005)
    assert line.weeks_until(0.005 / 1.005, line.slope) == pytest.approx(2)


def test_one_unusual_week_does_not_change_it() -> None:
    """A crawler, a campaign, an outage."""
    weekly = halving(TREND_WEEKS)
    weekly[5] = (TOTAL // 2, TOTAL)
    line = trend(weekly)
    assert line is not None
    assert line.slope == pytest.approx(-log(2) / 2, rel=0.01)
    assert line.falls


def test_only_the_last_weeks_count() -> None:
    """Earlier weeks are ignored."""
    assert trend([(TOTAL, TOTAL)] * 20 + halving(TREND_WEEKS)) == trend(halving(TREND_WEEKS))


def test_weeks_without_calls_are_ignored() -> None:
    """It is neither a share of zero nor one of all."""
    weekly = halving(TREND_WEEKS)
    weekly[3] = (0, 0)
    line = trend(weekly)
    assert line is not None
    assert len(line.points) == TREND_WEEKS - 1
    assert line.slope == pytest.approx(-log(2) / 2)


def test_too_few_weeks_are_no_trend() -> None:
    """Three points fit many lines."""
    assert trend([]) is None
    assert trend([(0, 0)] * TREND_WEEKS + halving(MIN_WEEKS - 1)) is None
    assert trend(halving(MIN_WEEKS)) is not None


@pytest.mark.parametrize("weekly", [[(0, 5)] * 8, [(5, 5)] * 8, [(3, 10), (5, 10)] * 4])
def test_a_level_share_does_not_fall(weekly: list[tuple[int, int]]) -> None:
    """Zero, all, or up and down."""
    line = trend(weekly)
    assert line is not None
    assert not line.falls


def test_a_half_life_of_years_does_not_fall() -> None:
    """However narrow the interval."""
    line = trend(halving(TREND_WEEKS, every=60))
    assert line is not None
    assert line.slowest < 0
    assert not line.falls
