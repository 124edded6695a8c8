"""The data of the charts: calls in bars of a day or a week, as JSON for the browser, and each client's sparkline."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from rollout.lifecycle import ALL, Brownout, Lifecycle
from rollout.status import counts
from rollout.status.counts import DAYS, Calls, new_name, old_name
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
    """The calls of consecutive days, both ends included."""

    first: date
    last: date
    calls: Calls

    def __str__(self) -> str:
        """Return the days."""
        return str(self.first) if self.first == self.last else f"{self.first} to {self.last}"


def bars(chosen: Range, today: date) -> list[Bar]:
    """Return the bars of a range, the oldest first; the last one ends with today."""
    first = today - timedelta(days=chosen.days - 1)
    by_day = counts.by_day(first, today)
    return [_bar(by_day, first + timedelta(days=offset), chosen.step) for offset in range(0, chosen.days, chosen.step)]


def charts(status: Status, chosen: Range, shown: Sequence[Bar]) -> dict[str, Any]:
    """Return the data of both charts: the calls, and v1's share with its projection."""
    coming = _coming(status, chosen)
    days = [bar.first for bar in shown]
    return {
        "names": {"old": old_name(), "new": new_name()},
        "calls": {
            "labels": [str(bar) for bar in shown],
            "answered": [bar.calls.old - bar.calls.refused for bar in shown],
            "refused": [bar.calls.refused for bar in shown],
            "new": [bar.calls.new for bar in shown],
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


def marked_brownouts(plan: Lifecycle, shown: Sequence[Bar]) -> list[str]:
    """Return the brownouts of the days shown and of the future, in words."""
    start = datetime.combine(shown[0].first, time(), UTC)
    return [
        _named(brownout)
        for brownout in sorted(plan.brownouts, key=lambda one: one.start)
        if brownout.start + brownout.length > start
    ]


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
    return Bar(first, days[-1], sum((by_day.get(day, Calls()) for day in days), Calls()))


def _named(brownout: Brownout) -> str:
    end = brownout.start + brownout.length
    until = f"{end:%H:%M}" if end.date() == brownout.start.date() else f"{end:%Y-%m-%d %H:%M}"
    share, client = brownout.share, brownout.client
    parts = [f"{share} % of calls" if share < ALL else "", f"of {client}" if client else ""]
    whom = " ".join(part for part in parts if part)
    return f"{brownout.start:%Y-%m-%d %H:%M} to {until} UTC" + (f", {whom}" if whom else "")


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
    begin = datetime.combine(days[0], time(), UTC)

    def position(moment: datetime) -> float:
        return (moment - begin) / timedelta(days=step)

    for kind, moment in (("deprecated", plan.deprecated_at), ("sunset", plan.sunset_at)):
        if moment is not None and 0 <= position(moment) <= len(days):
            yield {"kind": kind, "from": position(moment), "to": position(moment)}
    for brownout in plan.brownouts:
        left, right = position(brownout.start), position(brownout.start + brownout.length)
        if right > 0 and left < len(days):
            yield {"kind": "brownout", "from": max(0.0, left), "to": min(float(len(days)), right)}


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 3)
