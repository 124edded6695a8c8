"""The content of a notice: as the text of a mail, and as the body of a webhook."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rollout.client_health.deadlines import Deadline
from rollout.client_health.report import DAYS, old_prefix
from rollout.lifecycle import ALL
from rollout.models import ClientTeam, Notice
from rollout.status.counts import new_name, old_name
from shared.contract.bodies import rfc3339
from shared.http.urls import current

EVENT = "client.deadlines"
"""The type of the webhook's event."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message to one team by one channel.

    Attributes:
        id: It stays the same when the message is sent again.
        clients: The calls of v1 by each version of the client.
        deadlines: The dates that it is about, the next one first.
        guide: The operator's page for clients of v1, or None.
        rows: The primary keys of its notices; those of a dry run may have none.
    """

    id: uuid.UUID
    channel: Notice.Channel
    team: ClientTeam
    clients: Mapping[str, int]
    deadlines: tuple[Deadline, ...]
    guide: str | None
    rows: tuple[int, ...]

    @property
    def calls(self) -> int:
        """The calls of v1 by all versions of the client."""
        return sum(self.clients.values())


def subject(message: Message, now: datetime) -> str:
    """Return the subject of the mail."""
    first = message.deadlines[0]
    return f"{message.team.name} still calls {old_name()}: {_what(first)} {_in_days(first, now)}"


def text(message: Message, now: datetime) -> str:
    """Return the text of the mail."""
    before, after, guide = old_prefix() or old_name(), current().prefix, message.guide
    clients = [f"    {client}: {number:,}" for client, number in message.clients.items()]
    return "\n".join(
        [
            f"{message.team.name} has called {old_name()} {message.calls:,} times in the last {DAYS} days:",
            "",
            *clients,
            "",
            "What will happen:",
            "",
            *(f"    {one.at:%Y-%m-%d %H:%M} UTC, {_in_days(one, now)}: {_effect(one)}" for one in message.deadlines),
            "",
            f"What to change: replace {before} by {after} in the base URL. Requests, answers and access tokens stay",
            "the same." + (f" More: {guide}" if guide else ""),
            "",
            "To see your calls by resource, open the link that your team has for it, or send its key to",
            f"{after}client_health/.",
            "",
        ]
    )


def payload(message: Message, now: datetime) -> dict[str, Any]:
    """Return the body of the webhook: type, time and data, as Standard Webhooks recommends."""
    return {
        "type": EVENT,
        "timestamp": rfc3339(now),
        "data": {
            "client": message.team.name,
            "version": old_name(),
            "successor": new_name(),
            "old_prefix": old_prefix(),
            "new_prefix": current().prefix,
            "guide": message.guide,
            "days": DAYS,
            "calls": message.calls,
            "versions": [{"client": client, "calls": number} for client, number in message.clients.items()],
            "deadlines": [
                {
                    "kind": one.kind.value,
                    "at": rfc3339(one.at),
                    "end": rfc3339(one.end),
                    "share": one.share,
                    "client": one.client or None,
                    "days_left": one.days_left(now),
                }
                for one in message.deadlines
            ],
        },
    }


def _what(one: Deadline) -> str:
    return {
        Notice.Kind.DEPRECATION: "it is deprecated",
        Notice.Kind.BROWNOUT: "it is switched off for a test",
        Notice.Kind.SUNSET: "it ends",
    }[one.kind]


def _effect(one: Deadline) -> str:
    if one.kind is Notice.Kind.DEPRECATION:
        return f"{old_name()} is deprecated. Its answers say so in the headers Deprecation and Link."
    if one.kind is Notice.Kind.SUNSET or one.end is None:
        return f"{old_name()} ends. From then on it answers 410 to every call."
    part = "every call" if one.share == ALL else f"{one.share} % of the calls"
    whose = f" of {one.client}" if one.client else ""
    return f"a test until {one.end:%Y-%m-%d %H:%M} UTC. {old_name()} answers 410 to {part}{whose}."


def _in_days(one: Deadline, now: datetime) -> str:
    days = one.days_left(now)
    return f"in {days} day{'' if days == 1 else 's'}"
