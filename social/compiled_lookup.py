"""Statements whose SQL is made once for each connection, where Django would make the same text anew at every call.

For one row by an index, building and compiling the query is most of what it costs this process. The text is Django's,
and so is what is made of the rows that come back: instances, related rows, annotations, converters of the columns.
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


class CompiledLookUp(Generic[M]):
    """A look-up of rows by text values, each told apart by its place among them.

    :param build: makes the queryset of as many texts; they must stand in it as they are, as columns of text let them.
    :param width: how many texts there are.
    """

    def __init__(self, build: Callable[..., QuerySet[M]], width: int) -> None:
        self._build = build
        # Of characters that a comparison would escape, and in two cases: what changes values changes them.
        self._stand_ins = [f"Tandem\\%_{place}" for place in range(width)]
        self._own = _OfThread()

    def __call__(self, using: str, *values: str) -> list[M]:
        """Give the rows that are found for these values."""
        connection, made = connections[using], self._own.made
        prepared = made.get(connection)
        if prepared is None:
            prepared = made[connection] = _Prepared(self._build(*self._stand_ins), using, self._stand_ins)
        return prepared.rows(values)


class _OfThread(threading.local):
    """What a thread has prepared, by its connections.

    It ends with the thread: a prepared query knows its connection, which nothing else would ever let go of. Nor may
    threads that are made to share a connection, as tests do, write their values into one query.
    """

    def __init__(self) -> None:
        self.made: WeakKeyDictionary[BaseDatabaseWrapper, _Prepared] = WeakKeyDictionary()


class _Prepared:
    """One compiled query, in the place of the queryset and of the query that `ModelIterable` asks."""

    _known_related_objects: dict[Any, Any] = {}

    def __init__(self, queryset: QuerySet[Any], using: str, stand_ins: list[str]) -> None:
        self.db = using
        self.query = self
        self._compiler = queryset.query.get_compiler(using=using)
        self._sql, params = self._compiler.as_sql()
        self._params = list(params)
        self._places = [(i, stand_ins.index(value)) for i, value in enumerate(params) if value in stand_ins]
        if len({place for _, place in self._places}) != len(stand_ins):
            raise ValueError("a value of the look-up is not a parameter of its own")
        columns = [column for column, *_ in self._compiler.select]
        converters = self._compiler.get_converters(columns)
        # The text is known; only the values are new.
        self._compiler.as_sql = self._as_sql
        self._compiler.get_converters = lambda expressions: converters

    def get_compiler(self, using: str) -> Any:
        return self._compiler

    def rows(self, values: tuple[str, ...]) -> list[Any]:
        for i, place in self._places:
            self._params[i] = values[place]
        found: Any = self
        return list(ModelIterable(found))

    def _as_sql(self, *args: Any, **kwargs: Any) -> tuple[str, tuple[Any, ...]]:
        return self._sql, tuple(self._params)
