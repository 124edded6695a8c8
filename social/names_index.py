"""The index by which a user's name is found whatever the case of its letters, on a users' table that is not ours.

A migration of ours builds it (docs/decisions/0012-names-are-found-by-an-index.md); `social.usernames` looks.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import names_digest

_HAS_COLUMN = {
    # No view, no foreign and no partitioned table: none of them takes an index in this way.
    "postgresql": "SELECT 1 FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.oid = to_regclass(%s) "
    "AND c.relkind = 'r' AND a.attname = %s AND NOT a.attisdropped",
    "sqlite": "SELECT 1 FROM pragma_table_info(%s) WHERE name = %s",
}
_FOUND = {
    "postgresql": "SELECT i.indexrelid::regclass::text, i.indisvalid FROM pg_index i "
    "JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = to_regclass(%s) AND c.relname = %s",
    "sqlite": "SELECT '\"' || name || '\"', 1 FROM pragma_index_list(%s) WHERE name = %s",
}
_CONCURRENTLY = {"postgresql": " CONCURRENTLY", "sqlite": ""}


@dataclass(frozen=True, slots=True)
class NamesIndex:
    """The index in one database."""

    connection: BaseDatabaseWrapper
    field: "models.Field[Any, Any]"
    """The users' USERNAME_FIELD, wherever it is kept."""

    @property
    def name(self) -> str:
        """Another one for another column: a project may choose another field to sign in by."""
        return f"social_names_{names_digest(*self._place, length=8)}"

    @property
    def is_possible(self) -> bool:
        """Say whether the column is there: later migrations of the users' app may be what makes it."""
        return self.connection.vendor in _FOUND and bool(self._ask(_HAS_COLUMN, self._place[1]))

    @property
    def is_there(self) -> bool:
        """Say whether it can be used."""
        return any(valid for _, valid in self._found())

    def build(self) -> None:
        """Build it beside those who use the table; one that an interruption has left half built goes first."""
        if not self.is_possible:
            return
        table, column = map(self.connection.ops.quote_name, self._place)
        on_postgres = self.connection.vendor == "postgresql"
        if on_postgres:
            # As Django writes the left side of `iexact`, or else it is of no use.
            column = self.connection.ops.lookup_cast("iexact", self.field.get_internal_type()) % column
        else:
            column += " COLLATE NOCASE"
        if not self.is_there:
            self.remove()
            self._run(f"CREATE INDEX{self._concurrently} IF NOT EXISTS {self.name} ON {table} ({column})")
        if on_postgres:
            # Of an expression nothing is known before, and one row in 200 is expected to have the name: to go along the
            # table until the first of so many seems hardly dearer than the index.
            self._run(f"ANALYZE {table}")

    def remove(self) -> None:
        """Remove it, if it is there, likewise."""
        for name, _ in self._found():
            self._run(f"DROP INDEX{self._concurrently} IF EXISTS {name}")

    @property
    def _place(self) -> tuple[str, str]:
        # Of a model that inherits its name from another's table, that table.
        return self.field.model._meta.db_table, str(self.field.column)

    @property
    def _concurrently(self) -> str:
        return _CONCURRENTLY[self.connection.vendor]

    def _found(self) -> list[tuple[str, bool]]:
        return self._ask(_FOUND, self.name) if self.connection.vendor in _FOUND else []

    def _ask(self, question: dict[str, str], name: str) -> list[Any]:
        table = self._place[0]
        if self.connection.vendor == "postgresql":
            table = self.connection.ops.quote_name(table)
        with self.connection.cursor() as cursor:
            cursor.execute(question[self.connection.vendor], [table, name])
            rows: list[Any] = cursor.fetchall()
        return rows

    def _run(self, statement: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(statement)


def names_index(connection: BaseDatabaseWrapper) -> NamesIndex | None:
    """Give the index of the users' table in a database; None for a database in which users are not kept."""
    model = get_user_model()
    if not router.allow_migrate_model(connection.alias, model):
        return None
    field: Any = model._meta.get_field(model.USERNAME_FIELD)
    return NamesIndex(connection, field)
