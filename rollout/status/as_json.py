"""The figures for a script."""

from typing import Any

from rollout.status.counts import Calls
from rollout.status.status import Client, Status
from rollout.status.verdict import verdict
from shared.contract.bodies import rfc3339

FORMAT = 1
"""Counted up when a name changes its meaning or goes."""


def as_json(status: Status) -> dict[str, Any]:
    """Give one object; shares are 0 to 1, days are ISO 8601, no user is named."""
    answer, projection, week = verdict(status), status.projection, status.totals[-1]
    return {
        "format": FORMAT,
        "at": rfc3339(status.now),
        "answer": answer.answer,
        "why": answer.why,
        "criteria": {"share": status.criteria.share, "users": status.criteria.users, "days": status.criteria.days},
        "recorded_since": _day(status.recorded and status.recorded.first),
        "share": week.share,
        "calls": _calls(week),
        "weeks": [
            {
                "first": _day(one.first),
                "last": _day(one.last),
                "old": calls.old,
                "refused": calls.refused,
                "new": calls.new,
            }
            for one, calls in zip(status.weeks, status.totals, strict=True)
        ],
        "users": {
            "old": status.users.old,
            "moving": status.users.moving,
            "depend": status.users.depend,
            "new": status.users.new,
        },
        "projection": {
            "outlook": projection.outlook,
            "day": _day(projection.day),
            "earliest": _day(projection.earliest),
            "latest": _day(projection.latest),
            "stuck": list(projection.stuck),
        },
        "sunset": rfc3339(status.plan.sunset_at),
        "clients": [_client(client) for client in status.clients],
    }


def _calls(calls: Calls) -> dict[str, int]:
    return {"old": calls.old, "refused": calls.refused, "new": calls.new}


def _client(client: Client) -> dict[str, Any]:
    return {
        "name": client.name,
        "share_of_all": list(client.parts),
        "share_of_own": client.calls[-1].share,
        "last_day": _day(client.last_day),
    }


def _day(day: Any) -> str | None:
    return None if day is None else day.isoformat()
