"""Notices before each date, exactly one for each team, channel, date and distance.

The rows of `Notice` are written before anything is sent; their unique constraint lets one of several simultaneous runs
create each. A run claims a message before it sends it, and marks it as sent afterwards. If a run is killed in between,
the next one after the claim has ended sends the message again, with the same id, by which a receiver recognises it
(docs/decisions/0038-client-health.md).
"""

import logging
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple

from django.db import router
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from rollout.client_health import mail, webhooks
from rollout.client_health.deadlines import Deadline, ahead, callers, deadlines
from rollout.client_health.messages import Message
from rollout.clients import product_of
from rollout.lifecycle import merged
from rollout.models import ClientTeam, Notice
from rollout.plan import read_saved
from shared.http.redaction import exception_name

logger = logging.getLogger("tandem.client_health")

CLAIM = timedelta(minutes=10)
"""How long a claim lasts; longer than sending one message takes."""
_SENDERS = {Notice.Channel.MAIL: mail.send, Notice.Channel.WEBHOOK: webhooks.send}


class Result(Enum):
    """What became of a message."""

    DUE = "would be sent"
    SENT = "sent"
    FAILED = "not sent"
    ELSEWHERE = "left to another run"


class Outcome(NamedTuple):
    """A message and what became of it; `reason` is that of a failure, without secrets."""

    message: Message
    result: Result
    reason: str = ""

    def __str__(self) -> str:
        about = ", ".join(f"{one.kind} {one.at:%Y-%m-%d %H:%M}" for one in self.message.deadlines)
        line = f"{self.message.team.name}: {self.message.channel} about {about} UTC: {self.result.value}"
        return f"{line}: {self.reason}" if self.reason else line


class _Key(NamedTuple):
    """The columns of the unique constraint."""

    team: int
    channel: str
    kind: str
    at: datetime
    days: int


@dataclass(frozen=True, slots=True)
class _Due:
    """What is due for a team now."""

    team: ClientTeam
    clients: Mapping[str, int]
    keys: Mapping[_Key, list[Deadline]]
    guide: str | None


def notify(distances: Collection[int], *, dry_run: bool = False) -> Iterator[Outcome]:
    """Send all notices that are due and were not sent before, and yield the outcome of each message.

    :param distances: days before a date.
    :param dry_run: write and send nothing.
    :raises django.db.Error: the database fails; what was sent before stays recorded.
    """
    now = timezone.now()
    due = _due(distances, now)
    known = _rows(due)
    missing = _missing(due, known.keys())
    if dry_run:
        rows = [*known.values(), *missing]
    else:
        # The row of another run that was faster stays; it is read again below.
        _notices().bulk_create(missing, ignore_conflicts=True)
        rows = list(_rows(due).values())
    for message in _messages(due, [row for row in rows if row.sent_at is None]):
        yield Outcome(message, Result.DUE) if dry_run else _send(message)


def _due(distances: Collection[int], now: datetime) -> dict[int, _Due]:
    # Read, not cached: where the plan cannot be read requests use the settings alone, but a notice must not.
    plan, called = merged(read_saved()).without_contradiction(), callers(now.date())
    by_product: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for client, number in called.items():
        by_product[product_of(client)][client] = number
    found = {}
    for team in ClientTeam.objects.exclude(email="", webhook_url=""):
        clients = by_product.get(team.name, {})
        keys = {
            _Key(team.pk, channel, kind, at, days): those
            for (kind, at), those in ahead(deadlines(plan, team.name, clients, now)).items()
            if (days := those[0].distance(now, distances)) is not None
            for channel in _channels(team)
        }
        if clients and keys:
            found[team.pk] = _Due(team, clients, keys, plan.guide)
    return found


def _channels(team: ClientTeam) -> list[Notice.Channel]:
    addresses = {Notice.Channel.MAIL: team.email, Notice.Channel.WEBHOOK: team.webhook_url}
    return [channel for channel, address in addresses.items() if address]


def _rows(due: Mapping[int, _Due]) -> dict[_Key, Notice]:
    """Return the rows of what is due; those of dates that were moved, and of larger distances, are left out."""
    wanted = {key for one in due.values() for key in one.keys}
    rows = _notices().filter(team__in=due, at__in={key.at for key in wanted}).order_by("pk")
    found = {_Key(row.team_id, row.channel, row.kind, row.at, row.days): row for row in rows}
    return {key: row for key, row in found.items() if key in wanted}


def _notices() -> QuerySet[Notice]:
    """Return all rows, of the database that is written to: a replica that a project's router reads from may lag."""
    return Notice.objects.using(router.db_for_write(Notice))


def _missing(due: Mapping[int, _Due], known: Collection[_Key]) -> list[Notice]:
    """Return a row for each notice without one; those of one team and channel belong to one message."""
    ids: defaultdict[tuple[int, str], uuid.UUID] = defaultdict(uuid.uuid4)
    return [
        Notice(**key._asdict() | {"team": one.team, "message": ids[key.team, key.channel]})
        for one in due.values()
        for key in one.keys
        if key not in known
    ]


def _messages(due: Mapping[int, _Due], rows: Iterable[Notice]) -> Iterator[Message]:
    grouped: defaultdict[uuid.UUID, list[Notice]] = defaultdict(list)
    for row in rows:
        grouped[row.message].append(row)
    for id_, those in grouped.items():
        one = due[those[0].team_id]
        keys = [_Key(row.team_id, row.channel, row.kind, row.at, row.days) for row in those]
        about = [deadline for key in keys for deadline in one.keys[key]]
        yield Message(
            id=id_,
            channel=Notice.Channel(those[0].channel),
            team=one.team,
            clients=one.clients,
            deadlines=tuple(sorted(about, key=lambda deadline: deadline.at)),
            guide=one.guide,
            rows=tuple(row.pk for row in those),
        )


def _send(message: Message) -> Outcome:
    now = timezone.now()
    until = now + CLAIM
    free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    rows = _notices().filter(message=message.id, sent_at=None)
    if not rows.filter(free).update(claimed_until=until, attempts=F("attempts") + 1):
        return Outcome(message, Result.ELSEWHERE)
    try:
        reason = _SENDERS[message.channel](message)
    except Exception as error:  # noqa: BLE001 - a project's mail backend raises what it likes; other teams wait
        reason = exception_name(error)
    if reason:
        # Another run may have claimed it, if this one took longer than a claim lasts.
        rows.filter(claimed_until=until).update(claimed_until=None)
        logger.warning("A notice to %s by %s was not sent: %s", message.team.name, message.channel, reason)
        return Outcome(message, Result.FAILED, reason)
    rows.filter(pk__in=message.rows).update(sent_at=timezone.now(), claimed_until=None)
    # Dates that have moved since the first attempt. Should one return, its notice needs another id than this message.
    rows.delete()
    logger.info("A notice to %s by %s was sent: %s", message.team.name, message.channel, message.id)
    return Outcome(message, Result.SENT)
