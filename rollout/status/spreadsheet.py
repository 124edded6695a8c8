"""The calls by client and resource as CSV, for a spreadsheet."""

import csv
import io
from datetime import date

from rollout.status import counts
from rollout.status.counts import Calls, new_name, old_name
from rollout.status.status import WEEKS, Status

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""The first characters of formulas, by the OWASP page on CSV injection."""


def as_csv(status: Status) -> str:
    """Return a table with a row for each client and resource that was called in these weeks.

    The rows with most calls of v1 come first. The text begins with a byte order mark, without which some
    spreadsheets do not read UTF-8, and its lines end as RFC 4180 has it.
    """
    found = counts.by_client_and_resource(status.weeks)
    last_days = counts.last_days_by_client_and_resource()
    users_of = {client.name: client.users for client in status.clients}
    output = io.StringIO()
    output.write("\ufeff")
    writer = csv.writer(output)
    writer.writerow(_titles(status.criteria.days))
    for (client, resource), (week, total) in sorted(found.items(), key=lambda item: _place(*item)):
        numbers = [week.old, week.refused, week.new, total.old, total.refused, total.new]
        writer.writerow(
            [
                status.today,
                _text(client),
                _text(resource),
                *numbers,
                _day(last_days.get((client, resource))),
                users_of.get(client, 0),
            ]
        )
    return output.getvalue()


def _titles(days: int) -> list[str]:
    old, new = old_name(), new_name()
    columns = [f"{old} calls", f"{old} calls refused", f"{new} calls"]
    return [
        "as of",
        "client",
        "resource",
        *(f"{column}, {time}" for time in ("7 days", f"{WEEKS} weeks") for column in columns),
        f"last call of {old}",
        f"{old} users of the client, {days} days",
    ]


def _place(of: tuple[str, str], calls: tuple[Calls, Calls]) -> tuple[int, int, tuple[str, str]]:
    week, total = calls
    return -week.old, -total.old, of


def _text(name: str) -> str:
    """Return a name that no spreadsheet takes for a formula: what follows an apostrophe is text."""
    return f"'{name}" if name.startswith(_FORMULA) else name


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()
