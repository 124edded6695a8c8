"""Write the ledger: add a batch to the rows, in one short transaction, and keep clients to their quota.

Django's `bulk_create` can replace the values of a conflicting row but not add to them, so the statement is our own; it
is the same on PostgreSQL and SQLite. Rows are written in the order of their keys, so that two processes that write the
same rows cannot deadlock.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import connections, models, router, transaction
from django.db.models import Count, Sum

from rollout.clients import NO_CLIENTS, OTHER, product_of
from rollout.conf import conf
from rollout.ledger.counter import DAY, Batch, Group, Noted, Use, date_of
from rollout.models import ClientTeam, DailyCalls, LastCall

_Item = TypeVar("_Item")
_MAX_ROWS = 100
"""Rows of a statement: with six values each it stays below 999 parameters, which every SQLite accepts."""
_LOCK_TIMEOUT = "5s"
"""How long PostgreSQL waits for a locked row; the batch is kept and written with the next flush."""
_EARLIER_DAYS = 7
"""Days before a day, a whole week, whose clients keep their places."""
_QUOTA_LOCK = 0x7461_6E64_656D
"""The key of the PostgreSQL advisory lock under which clients are added to a day."""


class ClientQuota:
    """Limits the clients with rows of their own to LEDGER_CLIENTS a day, whatever names callers invent.

    Up to three quarters of the places are kept for clients of earlier days, those of most days first. The others are
    for new clients, in the order of the database and so for all processes. Half of these are for clients with which a
    user is signed in, so that calls without credentials, under a new name each time, cannot use them up. A team's
    client always has a row, which its versions without a place share. All others share the row `(other)`.
    """

    def __init__(self) -> None:
        """Start without any known day."""
        self._known: dict[int, frozenset[str]] = {}
        self._earlier: dict[int, frozenset[str]] = {}

    def apply(self, batch: Batch, using: str) -> tuple[dict[Group, int], dict[int, frozenset[str]]]:
        """Return the calls to write, and the clients of each day; call it in the transaction that writes.

        The second value is for `remember`, after the transaction was committed.
        """
        named: dict[int, set[str]] = defaultdict(set)
        for group in batch.calls:
            named[group.day].add(group.client)
        clients = {
            day: self._after(day, names - NO_CLIENTS, batch.users_clients, using) for day, names in named.items()
        }
        calls: dict[Group, int] = defaultdict(int)
        for group, number in batch.calls.items():
            calls[group._replace(client=_name(group.client, clients[group.day]))] += number
        return dict(calls), clients

    def remember(self, clients: Mapping[int, frozenset[str]]) -> None:
        """Keep the clients that are in the database now; other days are over."""
        self._known = dict(clients)
        self._earlier = {day: names for day, names in self._earlier.items() if day in clients}

    def _after(self, day: int, names: set[str], users_clients: Collection[str], using: str) -> frozenset[str]:
        """Return the clients with rows of their own once these have called, and those of teams."""
        known = self._known.get(day, frozenset())
        if names <= known:
            return known
        if day not in self._earlier:
            self._earlier[day] = _clients_before(day, using)
        teams = frozenset(ClientTeam.objects.using(using).values_list("name", flat=True))
        kept, places = self._earlier[day] | teams, conf.clients - len(self._earlier[day])
        if names & kept <= known and len(known - kept) >= places:
            return known | teams
        _lock_quota(using)
        rows = DailyCalls.objects.using(using).filter(day=date_of(day)).exclude(client__in=NO_CLIENTS)
        clients = set(rows.values_list("client", flat=True).distinct()) | (names & kept)
        new = len(clients - kept)
        with_users = names.intersection(users_clients)
        for name in [*sorted(with_users - clients), *sorted(names - with_users - clients)]:
            if new < (places if name in with_users else (places + 1) // 2):
                clients.add(name)
                new += 1
        return frozenset(clients | teams)


def _clients_before(day: int, using: str) -> frozenset[str]:
    """Return the clients of the days before for which places are kept."""
    rows = DailyCalls.objects.using(using).filter(day__range=(date_of(day - _EARLIER_DAYS), date_of(day - 1)))
    clients = rows.exclude(client__in=NO_CLIENTS).values("client")
    ranked = clients.annotate(days=Count("day", distinct=True), total=Sum("calls"))
    names = ranked.order_by("-days", "-total", "client").values_list("client", flat=True)
    return frozenset(names[: conf.clients * 3 // 4])


class Store:
    """Writes batches, and keeps the client quota between them."""

    def __init__(self) -> None:
        """Start with an empty quota."""
        self._quota = ClientQuota()

    def write(self, batch: Batch) -> None:
        """Add all of a batch, or nothing.

        :raises django.db.Error: nothing was written. The database may answer the next time, and a user who was being
            deleted will be gone by then.
        """
        # A project's router may use another database for this model, or replicas for reading.
        using = router.db_for_write(DailyCalls)
        with transaction.atomic(using=using):
            if connections[using].vendor == "postgresql":
                with connections[using].cursor() as cursor:
                    cursor.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
            calls, clients = self._quota.apply(batch, using)
            _add_calls(calls, using)
            last = {
                use: noted._replace(client=_name(noted.client, clients.get(int(noted.at // DAY), frozenset())))
                for use, noted in batch.last.items()
            }
            _set_last_calls(last, using)
        self._quota.remember(clients)


def _name(client: str, named: frozenset[str]) -> str:
    """Return a client, or without a row of its own on the day for which these have: its product, or `(other)`."""
    if not client or client in NO_CLIENTS or client in named:
        return client
    product = product_of(client)
    return product if product in named else OTHER


def _lock_quota(using: str) -> None:
    """Wait until no other process adds clients; SQLite allows one writer at a time anyway."""
    if connections[using].vendor == "postgresql":
        with connections[using].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_QUOTA_LOCK])


def _add_calls(calls: Mapping[Group, int], using: str) -> None:
    rows = [
        DailyCalls(**group._asdict() | {"day": date_of(group.day), "calls": calls[group]}) for group in sorted(calls)
    ]
    _upsert(
        rows,
        using,
        unique=("day", "version", "client", "resource", "outcome"),
        change="{calls} = {table}.{calls} + EXCLUDED.{calls}",
    )


def _set_last_calls(last: Mapping[Use, Noted], using: str) -> None:
    """Store when, and with which client, users last called; skip users who are deleted.

    A later call, which another process has stored, stays.
    """
    user_model = get_user_model()
    moments: dict[tuple[Any, str], Noted] = {}
    for use, noted in last.items():
        # A user's id may be a number or a UUID in one place, and its text in another. The user of a project's own
        # view may be an object of its own, such as that of a service, with an id that no row has.
        try:
            key = (user_model._meta.pk.to_python(use.user_id), use.version)
        except ValidationError:
            continue
        moments[key] = max(noted, moments.get(key, noted))
    # The default manager may hide users.
    users = user_model._base_manager.using(using)  # noqa: SLF001 - documented by Django
    existing: set[Any] = set()
    for some in _parts(sorted({user_id for user_id, _ in moments})):
        existing.update(users.filter(pk__in=some).values_list("pk", flat=True))
    rows = [
        LastCall(user_id=user_id, version=version, at=datetime.fromtimestamp(noted.at, UTC), client=noted.client)
        for (user_id, version), noted in sorted(moments.items())
        if user_id in existing
    ]
    _upsert(
        rows,
        using,
        unique=("user", "version"),
        change="{at} = EXCLUDED.{at}, {client} = EXCLUDED.{client} WHERE {table}.{at} < EXCLUDED.{at}",
    )


def _upsert(rows: Sequence[models.Model], using: str, *, unique: Sequence[str], change: str) -> None:
    """Insert rows of one model, and change those that exist.

    :param change: SQL of the change; fields and `table` in braces are replaced by their quoted names.
    """
    if not rows:
        return
    connection = connections[using]
    options, quote = rows[0]._meta, connection.ops.quote_name
    fields = [field for field in options.concrete_fields if not field.primary_key]
    columns = {field.name: quote(str(field.column)) for field in fields}
    table = quote(options.db_table)
    row = f"({', '.join(['%s'] * len(fields))})"
    head = f"INSERT INTO {table} ({', '.join(columns.values())}) VALUES "  # noqa: S608 - names of our models
    tail = f" ON CONFLICT ({', '.join(columns[name] for name in unique)}) DO UPDATE SET "
    tail += change.format(table=table, **columns)
    with connection.cursor() as cursor:
        for some in _parts(rows):
            values = [field.get_db_prep_save(field.pre_save(one, True), connection) for one in some for field in fields]
            cursor.execute(head + ", ".join([row] * len(some)) + tail, values)


def _parts(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    return (items[start : start + _MAX_ROWS] for start in range(0, len(items), _MAX_ROWS))
