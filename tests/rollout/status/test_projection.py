"""The projected end."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.status.counts import DAYS, Calls
from rollout.status.projection import HORIZON, Outlook, Projection, project
from tests.rollout.status.conftest import TODAY

THRESHOLD = 0.01


def halving(first: int, weeks: int = 8) -> list[int]:
    return [first >> week for week in range(weeks)]


def projected(old: dict[str, list[int]], new: int = 100_000, threshold: float = THRESHOLD) -> Projection:
    """Project from v1's calls of each client in each week, with a constant number of calls of v2."""
    clients = {name: [Calls(old=calls) for calls in weekly] for name, weekly in old.items()}
    totals = [Calls(new=new) + sum(week, Calls()) for week in zip(*clients.values(), strict=True)]
    return project(totals, clients, threshold, TODAY)


def test_a_falling_share_has_a_day() -> None:
    """Halving every week, 8192 calls beside 100 000 are 1010 (1 %) about three weeks later."""
    found = projected({"App/1": halving(8192 << 7)})
    assert found.outlook is Outlook.FALLING
    assert found.day == TODAY + timedelta(days=22)
    assert found.earliest == found.latest == found.day


def test_low_enough_is_reached() -> None:
    """There is no date if the share is low enough already; the threshold itself is low enough."""
    assert projected({"App/1": [100] * 8}).outlook is Outlook.BELOW
    assert projected({"App/1": [1000] * 8}, new=99_000).outlook is Outlook.BELOW
    assert projected({"App/1": [0] * 8}, threshold=0.0).outlook is Outlook.BELOW


@pytest.mark.parametrize("weekly", [[5000] * 8, [5000 + 100 * week for week in range(8)]], ids=["level", "rising"])
def test_a_constant_share_has_no_end(weekly: list[int]) -> None:
    """And the client is named."""
    found = projected({"App/1": weekly})
    assert (found.outlook, found.stuck) == (Outlook.NO_END, ("App/1",))


def test_a_constant_client_prevents_the_end() -> None:
    """While the other clients leave, the line of all calls falls and would promise a date that never comes."""
    old = {"App/1": halving(50_000), "Till/1": [3000] * 8, "Tiny/1": [5] * 8}
    found = projected(old)
    assert found.outlook is Outlook.NO_END
    assert found.stuck == ("Till/1", "Tiny/1")
    assert found.left == pytest.approx(3005 / (3005 + 100_000 + (50_000 >> 7)))
    assert found.day is None
    assert found.share_on(TODAY + timedelta(days=700), TODAY) == found.left
    assert projected(old, threshold=0.04).outlook is Outlook.BELOW
    assert projected({**old, "App/1": halving(50_000 << 4)}, threshold=0.035).outlook is Outlook.FALLING


def test_uneven_weeks_have_no_latest_day() -> None:
    """If the confidence interval includes a share that never reaches the threshold, there is no latest day."""
    found = projected({"App/1": [9000, 3000, 8000, 4000, 7000, 2500, 6000, 2000]})
    assert found.outlook in {Outlook.FALLING, Outlook.NO_END}
    assert found.latest is None


def test_too_few_weeks() -> None:
    """Recorded for three weeks; and no calls this week."""
    assert projected({"App/1": [0] * 5 + halving(9000, 3)}, new=0).outlook is Outlook.TOO_FEW_WEEKS
    assert project([Calls(old=9, new=9)] * 7 + [Calls()], {}, THRESHOLD, TODAY).outlook is Outlook.TOO_FEW_WEEKS
    assert project([], {}, THRESHOLD, TODAY).outlook is Outlook.TOO_FEW_WEEKS


def test_never_low_enough() -> None:
    """The line never reaches zero."""
    assert projected({"App/1": halving(8192 << 7)}, threshold=0.0).outlook is Outlook.NO_END


NUMBERS = st.one_of(st.integers(0, 20), st.integers(0, 10**12))
WEEKLY = st.integers(0, 13).flatmap(
    lambda weeks: st.dictionaries(
        st.sampled_from(["A", "B", "C"]),
        st.lists(st.builds(Calls, old=NUMBERS, new=NUMBERS), min_size=weeks, max_size=weeks),
        min_size=1,
    )
)


@given(WEEKLY, st.floats(0, 1), st.dates(date(2020, 1, 1), date(2100, 1, 1)))
def test_any_weeks(clients: dict[str, list[Calls]], threshold: float, today: date) -> None:
    """There is no error; a date is in the future, within the horizon and between its bounds."""
    totals = [sum(week, Calls()) for week in zip(*clients.values(), strict=True)]
    found = project(totals, clients, threshold, today)
    last = today + timedelta(days=HORIZON * DAYS + 1)
    assert (found.day is not None) == (found.outlook is Outlook.FALLING)
    for day in (found.earliest, found.day, found.latest):
        assert day is None or today < day <= last
    if found.day is not None:
        assert found.earliest is not None
        assert found.earliest <= found.day <= (found.latest or found.day)
    share = found.share_on(today + timedelta(days=100), today)
    assert share is None or 0 <= share <= 1
    assert 0 <= found.left <= 1
