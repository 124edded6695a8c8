"""The content of the page *Migration*, of the page of a client and of the report: tables and charts, without links."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from rollout.dashboard.brownouts import concerning, shown_brownouts, unexplained
from rollout.dashboard.charts import RANGES, Bar, bars, calls_chart, charts, sparkline, users_left
from rollout.lifecycle import lifecycle, merged
from rollout.plan import read_saved
from rollout.status import counts
from rollout.status.counts import DAYS, Calls, midnight
from rollout.status.forecast import recent_calls
from rollout.status.status import Client, Criteria, Status
from rollout.status.verdict import facts, pace, percent, refused, without_client


def migration(found: Status, name: str) -> dict[str, Any]:
    """Return the content of the page *Migration* for a range, by its name, of a status with recorded calls."""
    chosen = RANGES[name]
    shown = bars(chosen, found.today)
    since = midnight(shown[0].first)
    # Past brownouts, which `lifecycle` leaves out, explain the days shown.
    saved = read_saved(since)
    found = replace(found, plan=replace(found.plan, brownouts=merged(saved).brownouts))
    users = users_left(found, shown)
    return {
        "status": found,
        "facts": facts(found),
        "pace": pace(found),
        "refused": refused(found),
        "unexplained": unexplained([day for bar in shown for day in bar.refused], found.plan),
        "range": chosen,
        "charts": charts(found, chosen, shown, users),
        "rows": _bar_rows(shown, users),
        "brownouts": shown_brownouts(saved, found.now, recent_calls(found.today), since=since),
        "clients": _client_rows([client for client in found.clients if not client.gone]),
        "gone": [client for client in found.clients if client.gone],
        "without_client": without_client(found),
        "resources": [{"name": one.name, "last_day": one.last_day, **_numbers(one.calls)} for one in found.resources],
        "outcomes": _outcome_rows(counts.outcomes(shown[0].first, found.today)),
    }


def client(name: str, now: datetime, range_name: str) -> dict[str, Any]:
    """Return the content of the page of a client for a range, by its name."""
    chosen, today, days = RANGES[range_name], now.date(), Criteria().days
    shown = bars(chosen, today, name)
    since, first = midnight(shown[0].first), shown[0].first
    recent = recent_calls(today).of(name)
    brownouts = concerning(shown_brownouts(read_saved(since), now, recent, since=since), name)
    plan = replace(lifecycle(), brownouts=[one.brownout for one in brownouts])
    week = sum(counts.by_day(today - timedelta(days=DAYS - 1), today, name).values(), Calls())
    return {
        "name": name,
        "week": _numbers(week),
        "own": percent(week.share),
        "last_day": counts.last_day(name),
        "users": f"{counts.users_by_client(now - timedelta(days=days)).get(name, 0):,}",
        "days": days,
        "range": chosen,
        "charts": calls_chart(plan, chosen, shown),
        "rows": _bar_rows(shown),
        "brownouts": brownouts,
        "resources": _by_calls(counts.by_resource(first, today, name)),
        "outcomes": _outcome_rows(counts.outcomes(first, today, name)),
    }


def _bar_rows(shown: Sequence[Bar], users: Sequence[int] = ()) -> list[dict[str, Any]]:
    """Return the rows of the table of figures, the latest first."""
    rows = [
        {
            "days": str(bar),
            "first": bar.first,
            "last": bar.last,
            **_numbers(bar.calls),
            "share": percent(bar.calls.share),
        }
        for bar in shown
    ]
    for row, number in zip(rows, users, strict=False):
        row["users"] = f"{number:,}"
    return rows[::-1]


def _client_rows(clients: Sequence[Client]) -> list[dict[str, Any]]:
    most = max((client.calls[-1].old for client in clients), default=0)
    return [
        {
            "name": client.name,
            **_numbers(client.calls[-1]),
            "part": percent(client.parts[-1]),
            "width": _width(client.calls[-1].old / most),
            "own": percent(client.calls[-1].share),
            "points": sparkline(client.parts),
            "falls": None if client.line is None else client.line.falls,
            "last_day": client.last_day,
            "users": f"{client.users:,}",
        }
        for client in clients
    ]


def _by_calls(resources: Mapping[str, Calls]) -> list[dict[str, Any]]:
    ordered = sorted(resources.items(), key=lambda one: (-one[1].old, -one[1].new, one[0]))
    return [{"name": name, **_numbers(calls)} for name, calls in ordered]


def _outcome_rows(numbers: Mapping[str, int]) -> list[dict[str, Any]]:
    total = sum(numbers.values())
    return [
        {"name": name, "calls": f"{number:,}", "part": percent(number / total), "width": _width(number / total)}
        for name, number in numbers.items()
    ]


def _numbers(calls: Calls) -> dict[str, str]:
    return {"old": f"{calls.old:,}", "refused": f"{calls.refused:,}", "new": f"{calls.new:,}"}


def _width(share: float) -> str:
    return f"{100 * share:.2f}%"
