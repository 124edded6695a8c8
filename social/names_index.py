"""The index for case-insensitive lookups of user names, on the project's own users' table.

A migration creates it and `social.usernames` uses it (docs/decisions/0012-names-are-found-by-an-index.md).
"""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import names_digest

_HAS_COLUMN = {
    # Ordinary tables only: this index cannot be created on views, foreign tables and partitioned tables.
    "postgresql": "SELECT 1 FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.oid = to_regclass(%s) "
    "AND c.relkind = 'r' AND a.attname = %s AND NOT a.attisdropped",
    "sqlite": "SELECT 1 FROM pragma_table_info(%s) WHERE name = %s",
}
_INDEXES = {
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
    """The user model's USERNAME_FIELD; an inherited field belongs to the parent's table."""

    @property
    def name(self) -> str:
        """The name of the index; another column has another name, since a project can change its USERNAME_FIELD."""
        return f"social_names_{names_digest(*self._table_and_column, length=8)}"

    @property
    def can_be_built(self) -> bool:
        """Return True if the column exists; a later migration of the users' app may create it."""
        return self.connection.vendor in _INDEXES and bool(self._fetch(_HAS_COLUMN, self._table_and_column[1]))

    @property
    def exists(self) -> bool:
        """Return True if the index exists and is valid."""
        return any(valid for _, valid in self._indexes())

    def create(self) -> None:
        """Create the index without blocking the table; first drop an invalid one that an interruption has left."""
        if not self.can_be_built:
            return
        table, column = map(self.connection.ops.quote_name, self._table_and_column)
        on_postgres = self.connection.vendor == "postgresql"
        if on_postgres:
            # The expression must be the one that Django writes for `iexact`.
            column = self.connection.ops.lookup_cast("iexact", self.field.get_internal_type()) % column
        else:
            column += " COLLATE NOCASE"
        if not self.exists:
            self.drop()
            self._run(f"CREATE INDEX{self._concurrently} IF NOT EXISTS {self.name} ON {table} ({column})")
        if on_postgres:
            # Without statistics on the expression, PostgreSQL expects one row in 200 to match and may scan the table.
            self._run(f"ANALYZE {table}")

    def drop(self) -> None:
        """Drop the index, if it exists, without blocking the table."""
        for name, _ in self._indexes():
            self._run(f"DROP INDEX{self._concurrently} IF EXISTS {name}")

    @property
    def _table_and_column(self) -> tuple[str, str]:
        return self.field.model._meta.db_table, str(self.field.column)

    @property
    def _concurrently(self) -> str:
        return _CONCURRENTLY[self.connection.vendor]

    def _indexes(self) -> list[tuple[str, bool]]:
        return self._fetch(_INDEXES, self.name) if self.connection.vendor in _INDEXES else []

    def _fetch(self, query: dict[str, str], name: str) -> list[Any]:
        table = self._table_and_column[0]
        if self.connection.vendor == "postgresql":
            table = self.connection.ops.quote_name(table)
        with self.connection.cursor() as cursor:
            cursor.execute(query[self.connection.vendor], [table, name])
            rows: list[Any] = cursor.fetchall()
        return rows

    def _run(self, statement: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(statement)


def names_index(connection: BaseDatabaseWrapper) -> NamesIndex | None:
    """Return the index of the users' table in a database, or None if the database has no users' table."""
    model = get_user_model()
    if not router.allow_migrate_model(connection.alias, model):
        return None
    field: Any = model._meta.get_field(model.USERNAME_FIELD)
    return NamesIndex(connection, field)
