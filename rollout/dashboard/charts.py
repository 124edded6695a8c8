"""The data of the charts: calls in bars of a day or a week, as JSON for the browser, and each client's sparkline."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from rollout.lifecycle import Lifecycle
from rollout.status import counts
from rollout.status.counts import DAYS, Calls, midnight, new_name, old_name
from rollout.status.projection import Outlook
from rollout.status.status import Status


@dataclass(frozen=True, slots=True)
class Range:
    """A number of days up to today, and the days of each bar."""

    title: str
    days: int
    step: int


RANGES = {
    "4-weeks": Range("4 weeks", 4 * DAYS, 1),
    "12-weeks": Range("12 weeks", 12 * DAYS, 1),
    "year": Range("1 year", 52 * DAYS, DAYS),
}
DEFAULT_RANGE = "12-weeks"
SPARKLINE_WIDTH, SPARKLINE_HEIGHT = 96, 24
_EDGE = 2


@dataclass(frozen=True, slots=True)
class Bar:
    """The calls of consecutive days, both ends included, and the refused calls of each day that has any."""

    first: date
    last: date
    calls: Calls
    refused: tuple[tuple[date, int], ...] = ()

    def __str__(self) -> str:
        """Return the days."""
        return str(self.first) if self.first == self.last else f"{self.first} to {self.last}"


def bars(chosen: Range, today: date, client: str | None = None) -> list[Bar]:
    """Return the bars of a range, the oldest first, of all clients or of one; the last bar ends with today."""
    first = today - timedelta(days=chosen.days - 1)
    by_day = counts.by_day(first, today, client)
    return [_bar(by_day, first + timedelta(days=offset), chosen.step) for offset in range(0, chosen.days, chosen.step)]


def users_left(status: Status, shown: Sequence[Bar]) -> list[int]:
    """Return at the end of each bar how many users had not left v1.

    A user has left v1 once the last call is `criteria.days` old. The ledger has only the last call of each user, so
    earlier breaks of users who came back do not show, and users who were deleted are missing.
    """
    grace = timedelta(days=status.criteria.days)
    by_day = counts.last_user_calls(midnight(shown[0].last - grace))
    left = [sum(number for day, number in by_day.items() if day > bar.last - grace) for bar in shown]
    return [*left[:-1], status.users.old]


def calls_chart(plan: Lifecycle, chosen: Range, shown: Sequence[Bar]) -> dict[str, Any]:
    """Return the data of the chart of the calls, with the versions' names."""
    return {
        "names": {"old": old_name(), "new": new_name()},
        "calls": {
            "labels": [str(bar) for bar in shown],
            "answered": [bar.calls.old - bar.calls.refused for bar in shown],
            "refused": [bar.calls.refused for bar in shown],
            "new": [bar.calls.new for bar in shown],
            "marks": list(_marks(plan, [bar.first for bar in shown], chosen.step)),
        },
    }


def charts(status: Status, chosen: Range, shown: Sequence[Bar], users: Sequence[int]) -> dict[str, Any]:
    """Return the data of all charts: the calls, v1's share with its projection, and the users.

    :param users: as `users_left` returns them.
    """
    coming = _coming(status, chosen)
    days = [bar.first for bar in shown]
    return {
        **calls_chart(status.plan, chosen, shown),
        "users": {
            "labels": [str(bar) for bar in shown],
            "left": list(users),
            "marks": list(_marks(status.plan, days, chosen.step)),
        },
        "share": {
            "labels": [*(str(bar) for bar in shown), *(str(day) for day in coming)],
            "measured": [_percent(bar.calls.share) for bar in shown],
            "projected": _projected(status, chosen, shown, coming),
            "threshold": 100 * status.criteria.share,
            "marks": list(_marks(status.plan, [*days, *coming], chosen.step)),
        },
    }


def sparkline(values: Sequence[float | None]) -> str:
    """Return the `points` of an SVG polyline, zero at the bottom; weeks without a value are left out.

    It is drawn in the page itself and needs no script.
    """
    most = max((value for value in values if value is not None), default=0.0) or 1.0
    step = (SPARKLINE_WIDTH - 2 * _EDGE) / max(1, len(values) - 1)
    height = SPARKLINE_HEIGHT - 2 * _EDGE
    return " ".join(
        f"{_EDGE + index * step:.1f},{SPARKLINE_HEIGHT - _EDGE - height * value / most:.1f}"
        for index, value in enumerate(values)
        if value is not None
    )


def _bar(by_day: dict[date, Calls], first: date, step: int) -> Bar:
    days = [first + timedelta(days=offset) for offset in range(step)]
    counted = [(day, by_day[day]) for day in days if day in by_day]
    refused = tuple((day, calls.refused) for day, calls in counted if calls.refused)
    return Bar(first, days[-1], sum((calls for _, calls in counted), Calls()), refused)


def _coming(status: Status, chosen: Range) -> list[date]:
    """Return the first days of future bars, up to the later of both ends, at most as many as are shown of the past."""
    ends = [end for end in (status.sunset, status.projection.day) if end is not None and end > status.today]
    if status.projection.outlook is Outlook.TOO_FEW_WEEKS or not ends:
        return []
    most = chosen.days // chosen.step
    wanted = (max(ends) - status.today).days // chosen.step + 2
    return [status.today + timedelta(days=1 + chosen.step * index) for index in range(min(most, wanted))]


def _projected(status: Status, chosen: Range, shown: Sequence[Bar], coming: Sequence[date]) -> list[float | None]:
    """Return the values of the line, beginning with the weeks that it goes through."""
    line = status.projection.line
    if line is None:
        return []
    begin = status.today - timedelta(days=DAYS * len(line.points))
    middles = [first + timedelta(days=chosen.step // 2) for first in (*(bar.first for bar in shown), *coming)]
    return [_percent(status.projection.share_on(day, status.today)) if day > begin else None for day in middles]


def _marks(plan: Lifecycle, days: Sequence[date], step: int) -> Iterator[dict[str, Any]]:
    """Yield the moments of the plan with their positions, in bars from the left edge."""
    begin = midnight(days[0])

    def position(moment: datetime) -> float:
        return (moment - begin) / timedelta(days=step)

    for kind, moment in (("deprecated", plan.deprecated_at), ("sunset", plan.sunset_at)):
        if moment is not None and 0 <= position(moment) <= len(days):
            yield {"kind": kind, "from": position(moment), "to": position(moment)}
    for brownout in plan.brownouts:
        left, right = position(brownout.start), position(brownout.end)
        if right > 0 and left < len(days):
            yield {"kind": "brownout", "from": max(0.0, left), "to": min(float(len(days)), right)}


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 3)
