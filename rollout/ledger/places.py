"""Which clients have rows of their own: LEDGER_CLIENTS a day in all, whatever names are made up.

The first to call have them, in the database's order and so for all processes; the rest share one row, `(other)`.
Half of the places are for clients with which somebody is signed in: whoever calls without credentials under a new
name each time takes none of those.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db import connections

from rollout.client_names import NO_CLIENTS, OTHER
from rollout.ledger.conf import conf
from rollout.ledger.tally import Batch, Kind, date_of
from rollout.models import DailyCalls

_LOCK = 0x7461_6E64_656D
"""The number of PostgreSQL's advisory lock under which a place is given away."""


class Places:
    """What this process knows of the days that it writes."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._taken: dict[int, frozenset[str]] = {}

    def placed(self, batch: Batch, using: str) -> tuple[dict[Kind, int], dict[int, frozenset[str]]]:
        """Give the calls as they are to be written, and who has a place then; inside the transaction that writes.

        What it gives second is for `remember`, once the transaction is through.
        """
        named: dict[int, set[str]] = defaultdict(set)
        for kind in batch.calls:
            named[kind.day].add(kind.client)
        taken = {day: self._after(day, names - NO_CLIENTS, batch.users_clients, using) for day, names in named.items()}
        calls: dict[Kind, int] = defaultdict(int)
        for kind, number in batch.calls.items():
            has_place = kind.client in NO_CLIENTS or kind.client in taken[kind.day]
            calls[kind if has_place else kind._replace(client=OTHER)] += number
        return dict(calls), taken

    def remember(self, taken: Mapping[int, frozenset[str]]) -> None:
        """Keep what is so in the database now; other days are over."""
        self._taken = dict(taken)

    def _after(self, day: int, names: set[str], users_clients: Iterable[str], using: str) -> frozenset[str]:
        """Give who has a place on a day when these have called."""
        known = self._taken.get(day, frozenset())
        if names <= known or len(known) >= conf.clients:
            return known
        _one_at_a_time(using)
        rows = DailyCalls.objects.using(using).filter(day=date_of(day)).exclude(client__in=NO_CLIENTS)
        taken = set(rows.values_list("client", flat=True).distinct())
        with_users = names.intersection(users_clients)
        for name in [*sorted(with_users), *sorted(names - with_users)]:
            if len(taken) < (conf.clients if name in with_users else (conf.clients + 1) // 2):
                taken.add(name)
        return frozenset(taken)


def _one_at_a_time(using: str) -> None:
    """Wait until no other process is giving places away; SQLite lets one write at a time anyhow."""
    if connections[using].vendor == "postgresql":
        with connections[using].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
