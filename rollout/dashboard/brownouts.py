"""The brownouts on the page *Migration*: what they would have refused, and refused calls that none of them explains."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from rollout.lifecycle import ALL, Brownout, Lifecycle, of_row, of_settings
from rollout.models import Brownout as Row
from rollout.plan import Saved
from rollout.status.counts import old_name
from rollout.status.forecast import Forecast, RecentCalls
from shared.http.urls import old

MAX_DAYS = 3
"""The most days named in a sentence."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A brownout of the table; `row` is None for one of the settings, `forecast` is None for one that is over."""

    brownout: Brownout
    row: Row | None
    state: str
    forecast: Forecast | None

    def __str__(self) -> str:
        """Return its times, and its share and client if it does not refuse all calls."""
        one = self.brownout
        end = one.end
        until = f"{end:%H:%M}" if end.date() == one.start.date() else f"{end:%Y-%m-%d %H:%M}"
        parts = [f"{one.share} % of calls" if one.share < ALL else "", f"of {one.client}" if one.client else ""]
        whom = " ".join(part for part in parts if part)
        return f"{one.start:%Y-%m-%d %H:%M} to {until} UTC" + (f", {whom}" if whom else "")


def shown_brownouts(saved: Saved, now: datetime, recent: RecentCalls, *, since: datetime) -> list[Shown]:
    """Return the brownouts of the settings and of the admin that end after a moment, by their start."""
    every: list[tuple[Brownout, Row | None]] = [(brownout, None) for brownout in of_settings().brownouts]
    every += [(of_row(row), row) for row in saved.brownouts]
    shown = [_shown(brownout, row, now, recent) for brownout, row in every if brownout.end > since]
    return sorted(shown, key=lambda one: one.brownout.start)


def concerning(shown: Iterable[Shown], client: str) -> list[Shown]:
    """Return the brownouts that refuse calls of a client."""
    return [one for one in shown if one.brownout.concerns(client)]


def unexplained(refused: Iterable[tuple[date, int]], plan: Lifecycle) -> str:
    """Return a sentence on refused calls of days without a brownout, or an empty string if there are none.

    :param refused: the days on which calls got 410, and how many.
    :param plan: with the past brownouts of these days.
    """
    api = old()
    if api is None or api.is_retired:  # its answer to everything is 410
        return ""
    left = [(day, calls) for day, calls in refused if calls and not _explains(plan, day)]
    if not left:
        return ""
    days = ", ".join(str(day) for day, _ in left[:MAX_DAYS])
    more = f" and {len(left) - MAX_DAYS} more days" if len(left) > MAX_DAYS else ""
    calls = f"{sum(calls for _, calls in left):,} calls of {old_name()}"
    return (
        f"410 in the past: {calls} were refused on {days}{more}, by a brownout or a sunset that has been deleted or "
        "moved since."
    )


def _shown(brownout: Brownout, row: Row | None, now: datetime, recent: RecentCalls) -> Shown:
    is_over = brownout.end <= now
    state = "over" if is_over else "now" if brownout.start <= now else "to come"
    return Shown(brownout, row, state, None if is_over else recent.forecast(brownout))


def _explains(plan: Lifecycle, day: date) -> bool:
    if plan.sunset_at is not None and plan.sunset_at.date() <= day:
        return True
    return any(_covers(brownout, day) for brownout in plan.brownouts)


def _covers(brownout: Brownout, day: date) -> bool:
    last = brownout.end - timedelta(microseconds=1)
    return brownout.start.date() <= day <= last.date()
