"""What the charts are drawn from, as JSON for the browser."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from rollout.dashboard.series import Bar, Range
from rollout.lifecycle import ALL, Brownout, Lifecycle
from rollout.status.projection import Outlook
from rollout.status.status import Status
from rollout.status.versions import NEW_NAME, OLD_NAME
from rollout.status.weeks import DAYS


def charts(status: Status, chosen: Range, shown: Sequence[Bar]) -> dict[str, Any]:
    """Give both charts: the calls, and v1's share with what is to come."""
    coming = _coming(status, chosen)
    days = [bar.first for bar in shown]
    return {
        "names": {"old": OLD_NAME, "new": NEW_NAME},
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
    """Name the brownouts of the days shown, and those to come."""
    start = datetime.combine(shown[0].first, time(), UTC)
    return [
        _named(brownout)
        for brownout in sorted(plan.brownouts, key=lambda one: one.start)
        if brownout.start + brownout.length > start
    ]


def _named(brownout: Brownout) -> str:
    end = brownout.start + brownout.length
    until = f"{end:%H:%M}" if end.date() == brownout.start.date() else f"{end:%Y-%m-%d %H:%M}"
    share, client = brownout.share, brownout.client
    parts = [f"{share} % of calls" if share < ALL else "", f"of {client}" if client else ""]
    whom = " ".join(part for part in parts if part)
    return f"{brownout.start:%Y-%m-%d %H:%M} to {until} UTC" + (f", {whom}" if whom else "")


def _coming(status: Status, chosen: Range) -> list[date]:
    """Give the days to come up to the ends, planned and projected; at most as many as are shown of the past."""
    ends = [end for end in (status.sunset, status.projection.day) if end is not None and end > status.today]
    if status.projection.outlook is Outlook.TOO_FEW_WEEKS or not ends:
        return []
    most = chosen.days // chosen.step
    wanted = (max(ends) - status.today).days // chosen.step + 2
    return [status.today + timedelta(days=1 + chosen.step * index) for index in range(min(most, wanted))]


def _projected(status: Status, chosen: Range, shown: Sequence[Bar], coming: Sequence[date]) -> list[float | None]:
    """Give the line, from the weeks that it is drawn through on."""
    line = status.projection.line
    if line is None:
        return []
    begin = status.today - timedelta(days=DAYS * len(line.points))
    middles = [first + timedelta(days=chosen.step // 2) for first in (*(bar.first for bar in shown), *coming)]
    return [_percent(status.projection.share_on(day, status.today)) if day > begin else None for day in middles]


def _marks(plan: Lifecycle, days: Sequence[date], step: int) -> Iterator[dict[str, Any]]:
    """Give where the moments of the plan are, counted in bars from the left edge."""
    begin = datetime.combine(days[0], time(), UTC)

    def place(moment: datetime) -> float:
        return (moment - begin) / timedelta(days=step)

    for kind, moment in (("deprecated", plan.deprecated_at), ("sunset", plan.sunset_at)):
        if moment is not None and 0 <= place(moment) <= len(days):
            yield {"kind": kind, "from": place(moment), "to": place(moment)}
    for brownout in plan.brownouts:
        left, right = place(brownout.start), place(brownout.start + brownout.length)
        if right > 0 and left < len(days):
            yield {"kind": "brownout", "from": max(0.0, left), "to": min(float(len(days)), right)}


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 3)
