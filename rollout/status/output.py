"""The state of the migration as text for a terminal, and as JSON.

The text has eighty columns and is ASCII, except for clients' names, which are those of the ledger.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from textwrap import wrap
from typing import Any

from rollout.status.counts import Calls, new_name, old_name
from rollout.status.status import Client, Resource, Status
from rollout.status.verdict import facts, pace, percent, refused, verdict, without_client
from shared.contract.bodies import rfc3339

FORMAT = 1
"""Version of the JSON; incremented when a key is removed or changes its meaning."""
COLUMNS = 80
TITLE = 16
NAME = 19
RESOURCE = 36


def lines(status: Status) -> Iterator[str]:
    """Yield the lines: the answer first, then the facts."""
    yield str(verdict(status))
    if status.recorded is None:
        yield "The ledger begins to fill with the first call of either version."
        return
    yield ""
    for fact in facts(status):
        yield from _hanging(fact.title, str(fact))
    yield from _hanging("Trend", pace(status))
    yield from _hanging("Refused", refused(status))
    yield ""
    yield from _table(status.clients, status.criteria.days)
    if note := without_client(status):
        yield ""
        yield from wrap(note, COLUMNS)
    if status.resources:
        yield ""
        yield from _resources(status.resources)


def as_json(status: Status) -> dict[str, Any]:
    """Return one object; shares are 0 to 1, days are ISO 8601, no user is named."""
    answer, projection, week = verdict(status), status.projection, status.totals[-1]
    return {
        "format": FORMAT,
        "at": rfc3339(status.now),
        "answer": answer.answer,
        "why": answer.why,
        "criteria": {"share": status.criteria.share, "users": status.criteria.users, "days": status.criteria.days},
        "recorded_since": _day(status.recorded.first if status.recorded else None),
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
            "without_client": status.users_without_client,
        },
        "projection": {
            "outlook": projection.outlook,
            "day": _day(projection.day),
            "earliest": _day(projection.earliest),
            "latest": _day(projection.latest),
            "stuck": list(projection.stuck),
        },
        "sunset": rfc3339(status.plan.sunset_at),
        "days_to_sunset": status.days_left,
        "clients": [_client(client) for client in status.clients],
        "resources": [
            {"name": one.name, "calls": _calls(one.calls), "last_day": _day(one.last_day)} for one in status.resources
        ],
    }


def _hanging(title: str, sentence: str) -> Iterator[str]:
    # Keep a number and its sign on one line; a client's name cannot contain the mark between them.
    lines = wrap(sentence.replace(" %", "\0%"), COLUMNS - TITLE, break_on_hyphens=False)
    for heading, line in zip([title, *[""] * len(lines)], lines, strict=False):
        yield f"{heading:<{TITLE}}{line}".replace("\0%", " %")


def _table(clients: Sequence[Client], days: int) -> Iterator[str]:
    if not clients:
        yield f"No client has called {old_name()} in the last 13 weeks."
        return
    old = old_name()
    share = f"{old} in % of all calls"
    yield f"{'':<{NAME}}{old + ' calls':>10}{share:>23}{'% of its':>9}{'users':>8}{'last call':>11}"
    yield _row("client", "7 days", "12w ago", "4w ago", "now", "own now", f"{days}d", f"of {old}")
    for client in clients:
        yield _row(
            _shortened(client.name, NAME),
            _count(client.calls[-1].old),
            _number(client.parts[0]),
            _number(client.parts[-5]),
            _number(client.parts[-1]),
            _number(client.calls[-1].share),
            _count(client.users, 10**6),
            str(client.last_day),
        )


def _resources(resources: Sequence[Resource]) -> Iterator[str]:
    yield f"{'':<{RESOURCE}}{'calls of the last 7 days':>32}{'last call':>12}"
    yield f"{'resource':<{RESOURCE}}{old_name():>16}{new_name():>16}{f'of {old_name()}':>12}"
    for one in resources:
        name = _shortened(one.name, RESOURCE)
        old, new = _count(one.calls.old), _count(one.calls.new)
        yield f"{name:<{RESOURCE}}{old:>16}{new:>16}{one.last_day!s:>12}"


def _shortened(name: str, width: int) -> str:
    return name if len(name) <= width else f"{name[: width - 2]}.."


def _row(name: str, calls: str, quarter: str, month: str, now: str, own: str, users: str, last: str) -> str:
    return f"{name:<{NAME}}{calls:>10}{quarter:>8}{month:>8}{now:>7}{own:>9}{users:>8}{last:>11}".rstrip()


def _count(number: int, below: int = 10**7) -> str:
    return f"{number:,}" if number < below else f"{number:.1e}"


def _number(share: float | None) -> str:
    return percent(share).removesuffix(" %")


def _calls(calls: Calls) -> dict[str, int]:
    return {"old": calls.old, "refused": calls.refused, "new": calls.new}


def _client(client: Client) -> dict[str, Any]:
    return {
        "name": client.name,
        "share_of_all": list(client.parts),
        "share_of_own": client.calls[-1].share,
        "calls": _calls(client.calls[-1]),
        "users": client.users,
        "last_day": _day(client.last_day),
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
