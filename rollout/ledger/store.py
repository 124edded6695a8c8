"""The one place that writes the ledger: a batch is added to what is there, in one short transaction.

Django's `bulk_create` can replace what a conflicting row holds, not add to it; so the statement is our own, the same on
PostgreSQL and SQLite. Rows come in the order of their keys: two processes that write the same rows do so one after the
other, never in a circle.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.contrib.auth import get_user_model
from django.db import connections, models, router, transaction

from rollout.ledger.places import Places
from rollout.ledger.tally import Batch, Kind, Use, date_of
from rollout.models import DailyCalls, LastCall

_Item = TypeVar("_Item")
_ROWS = 100
"""Rows of a statement: six values each stay below the 999 that every SQLite takes."""
_PATIENCE = "5s"
"""How long PostgreSQL waits for a row that somebody else holds; the batch is kept meanwhile, and tried again."""


class Store:
    """Writes batches, and remembers between them which clients have places."""

    def __init__(self) -> None:
        """Know nothing of the database yet."""
        self._places = Places()

    def write(self, batch: Batch) -> None:
        """Add a batch to what is there, wholly or not at all.

        :raises django.db.Error: nothing is written; what could not be reached may be back the next time, and a user
            who was being deleted is gone by then.
        """
        # A project's router may know another database for it, or read from replicas.
        using = router.db_for_write(DailyCalls)
        with transaction.atomic(using=using):
            if connections[using].vendor == "postgresql":
                with connections[using].cursor() as cursor:
                    cursor.execute(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
            calls, taken = self._places.placed(batch, using)
            _add(calls, using)
            _move(batch.last, using)
        self._places.remember(taken)


def _add(calls: Mapping[Kind, int], using: str) -> None:
    kinds = [DailyCalls(**kind._asdict() | {"day": date_of(kind.day), "calls": calls[kind]}) for kind in sorted(calls)]
    _upsert(
        kinds,
        using,
        unique=("day", "version", "client", "resource", "outcome"),
        change="{calls} = {table}.{calls} + EXCLUDED.{calls}",
    )


def _move(last: Mapping[Use, float], using: str) -> None:
    """Note when users last called, whichever process is late; users who are gone are passed over."""
    user_model = get_user_model()
    moments: dict[tuple[Any, str], float] = {}
    for use, at in last.items():
        # One user's id may be a number or a UUID in one place, and its text in another.
        key = (user_model._meta.pk.to_python(use.user_id), use.version)
        moments[key] = max(at, moments.get(key, 0))
    # Not the default manager, which may hide people.
    users = user_model._base_manager.using(using)  # noqa: SLF001 - Django documents it
    there: set[Any] = set()
    for some in _parts(sorted({user_id for user_id, _ in moments})):
        there.update(users.filter(pk__in=some).values_list("pk", flat=True))
    rows = [
        LastCall(user_id=user_id, version=version, at=datetime.fromtimestamp(moments[user_id, version], UTC))
        for user_id, version in sorted(moments)
        if user_id in there
    ]
    _upsert(rows, using, unique=("user", "version"), change="{at} = EXCLUDED.{at} WHERE {table}.{at} < EXCLUDED.{at}")


def _upsert(rows: Sequence[models.Model], using: str, *, unique: Sequence[str], change: str) -> None:
    """Insert rows of one model, and change those that are there already.

    :param change: SQL of what becomes of such a row; fields and `table` in braces stand for their quoted names.
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
    return (items[start : start + _ROWS] for start in range(0, len(items), _ROWS))
