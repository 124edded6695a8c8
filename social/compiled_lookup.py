"""Lookups whose SQL Django compiles once per process instead of at each call (docs/decisions/0016).

For one row by an index, building and compiling the query is most of its cost in this process. Django makes the SQL,
and makes the instances, related rows, annotations and converted columns from the result.
"""

import threading
from collections.abc import Callable
from copy import copy
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

import django
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable

from social.versions import TESTED, series

TESTED_DJANGO = TESTED["Django"]
"""The Django versions on which `_CompiledQuery` is tested (`make matrix`)."""

M = TypeVar("M", bound=Model)


def is_django_tested() -> bool:
    """Return True if lookups are compiled with the installed Django, False if it is an untested version."""
    return series(django.__version__) in TESTED_DJANGO


class CompiledLookup(Generic[M]):
    """A lookup of rows by text values, identified by their position.

    On a Django version that is not tested, each call evaluates the queryset.

    :param build: returns the queryset for `width` texts. Each must be a parameter of the SQL, unchanged.
    :param width: the number of texts.
    """

    def __init__(self, build: Callable[..., QuerySet[M]], width: int) -> None:
        self._build = build
        # With characters that LIKE escapes, and in both cases: a queryset that changes its values is detected.
        self._placeholders = [f"Tandem\\%_{index}" for index in range(width)]
        self._compiled: dict[tuple[str, str], _Compiled] = {}
        """By the alias of the database and its vendor, which tests change."""
        self._queries = _ThreadQueries()

    def __call__(self, using: str, *values: str) -> list[M]:
        """Return the rows for these values."""
        if not is_django_tested():
            return list(self._build(*values).using(using))
        connection, queries = connections[using], self._queries.by_connection
        query = queries.get(connection)
        if query is None:
            compiled = self._compiled.get(key := (using, connection.vendor))
            if compiled is None:
                queryset = self._build(*self._placeholders).using(using)
                compiled = self._compiled[key] = _Compiled(queryset, self._placeholders)
            query = queries[connection] = _CompiledQuery(compiled, connection)
        return query.rows(values)


class _ThreadQueries(threading.local):
    """A thread's compiled queries, by connection.

    They are per thread, because a compiled query refers to its connection and would keep it alive after the thread's
    end, and because threads that share a connection, as in tests, must not write their values into one query.
    """

    def __init__(self) -> None:
        self.by_connection: WeakKeyDictionary[BaseDatabaseWrapper, _CompiledQuery] = WeakKeyDictionary()


class _Compiled:
    """What all threads share of a lookup: the queryset and its SQL, without a connection.

    Compiling takes a millisecond, which each of the threads of simultaneous first sign-ins would take.
    """

    def __init__(self, queryset: QuerySet[Any], placeholders: list[str]) -> None:
        self.queryset = queryset
        self.compiler: Any = queryset.query.get_compiler(using=queryset.db)
        self.sql, params = self.compiler.as_sql()
        self.params = list(params)
        self.positions = [(i, placeholders.index(value)) for i, value in enumerate(params) if value in placeholders]
        if len({index for _, index in self.positions}) != len(placeholders):
            raise ValueError("a value of the lookup is not a parameter of its own")
        self.compiler.connection = None


class _CompiledQuery:
    """A copy for one connection: a queryset whose query keeps its compiler, which keeps its SQL and converters.

    These are private parts of Django. `ModelIterable` gets the compiler from `Query.get_compiler()`. The compiler calls
    its own `as_sql()` before it runs the SQL, and `get_converters()` before it converts the rows.
    """

    def __init__(self, compiled: _Compiled, connection: BaseDatabaseWrapper) -> None:
        self._queryset = compiled.queryset.all()
        self._params, self._positions = list(compiled.params), compiled.positions
        query: Any = self._queryset.query
        compiler = copy(compiled.compiler)
        compiler.query, compiler.connection = query, connection
        converters = compiler.get_converters([column for column, *_ in compiler.select])
        query.get_compiler = lambda *args, **kwargs: compiler
        compiler.as_sql = lambda *args, **kwargs: (compiled.sql, tuple(self._params))
        compiler.get_converters = lambda expressions: converters

    def rows(self, values: tuple[str, ...]) -> list[Any]:
        """Return the rows for these values."""
        for i, index in self._positions:
            self._params[i] = values[index]
        return list(ModelIterable(self._queryset))
