"""Lookups whose SQL Django compiles once per connection instead of at each call.

For one row by an index, building and compiling the query is most of its cost in this process. Django makes the SQL,
and makes the instances, related rows, annotations and converted columns from the result.
"""

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable

M = TypeVar("M", bound=Model)


class CompiledLookup(Generic[M]):
    """A lookup of rows by text values, identified by their position.

    :param build: returns the queryset for `width` texts. Each must be a parameter of the SQL, unchanged.
    :param width: the number of texts.
    """

    def __init__(self, build: Callable[..., QuerySet[M]], width: int) -> None:
        self._build = build
        # With characters that LIKE escapes, and in both cases: a queryset that changes its values is detected.
        self._placeholders = [f"Tandem\\%_{index}" for index in range(width)]
        self._queries = _ThreadQueries()

    def __call__(self, using: str, *values: str) -> list[M]:
        """Return the rows for these values."""
        connection, queries = connections[using], self._queries.by_connection
        query = queries.get(connection)
        if query is None:
            query = queries[connection] = _CompiledQuery(self._build(*self._placeholders), using, self._placeholders)
        return query.rows(values)


class _ThreadQueries(threading.local):
    """A thread's compiled queries, by connection.

    They are per thread, because a compiled query refers to its connection and would keep it alive after the thread's
    end, and because threads that share a connection, as in tests, must not write their values into one query.
    """

    def __init__(self) -> None:
        self.by_connection: WeakKeyDictionary[BaseDatabaseWrapper, _CompiledQuery] = WeakKeyDictionary()


class _CompiledQuery:
    """A compiled query with the attributes of a queryset and of its query that `ModelIterable` uses."""

    _known_related_objects: dict[Any, Any] = {}

    def __init__(self, queryset: QuerySet[Any], using: str, placeholders: list[str]) -> None:
        self.db = using
        self.query = self
        self._compiler = queryset.query.get_compiler(using=using)
        self._sql, params = self._compiler.as_sql()
        self._params = list(params)
        self._positions = [(i, placeholders.index(value)) for i, value in enumerate(params) if value in placeholders]
        if len({index for _, index in self._positions}) != len(placeholders):
            raise ValueError("a value of the lookup is not a parameter of its own")
        columns = [column for column, *_ in self._compiler.select]
        converters = self._compiler.get_converters(columns)
        # The SQL is known; only the values differ.
        self._compiler.as_sql = self._as_sql
        self._compiler.get_converters = lambda expressions: converters

    def get_compiler(self, using: str) -> Any:
        return self._compiler

    def rows(self, values: tuple[str, ...]) -> list[Any]:
        for i, index in self._positions:
            self._params[i] = values[index]
        queryset: Any = self
        return list(ModelIterable(queryset))

    def _as_sql(self, *args: Any, **kwargs: Any) -> tuple[str, tuple[Any, ...]]:
        return self._sql, tuple(self._params)
