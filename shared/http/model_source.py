"""The objects of a declared model resource: which exist for a caller, how they are found, ordered and shown."""

import contextlib
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models import QuerySet

from shared.contract.bodies import Body, Field, Kind
from shared.contract.declaring import noun_of
from shared.contract.dialects import Dialect
from shared.contract.errors import InvalidRequest, NotFound
from shared.contract.fields import InputField
from shared.contract.resources import ID, UUID, Call
from shared.http.model_fields import Bound, Declared, bind, field_at
from shared.http.model_filters import NOT_A_FILTER, ORDER_BY, RESERVED, bind_filters, bind_order
from shared.http.model_relations import joins_of, target_of
from shared.http.model_values import WRONG_VALUE, to_compare
from shared.http.requests import read_query

Rows = QuerySet[Any] | Callable[[Call], QuerySet[Any]]


class ModelSource:
    """The objects of a resource; `model_resource` creates it, and `Resource.source` is it."""

    def __init__(
        self,
        name: str,
        model: type[models.Model],
        *,
        fields: Sequence[Declared],
        queryset: Rows | None,
        lookup: str,
        filters: Mapping[str, Sequence[str]],
        ordering: Sequence[str],
        parameters: Sequence[InputField],
        narrow: Callable[[QuerySet[Any], Call], QuerySet[Any]] | None,
        dialect: Dialect,
    ) -> None:
        """Bind the declaration to the model; what does not exist becomes a mistake, not an exception."""
        self.name, self.model, self.dialect = name, model, dialect
        self._queryset, self._narrow = queryset, narrow
        self.mistakes: list[str] = []
        """What `manage.py check` reports."""
        self.bounds: list[Bound] = []
        """The fields of the body, without `resource_uri`."""
        for declared in fields:
            try:
                self.bounds.append(bind(declared, model, dialect))
            except FieldDoesNotExist as error:
                self.mistakes.append(str(error))
        names = [*(bound.field.name for bound in self.bounds), "resource_uri"]
        self.mistakes += [
            f"the field {name!r} is declared twice" for name in dict.fromkeys(names) if names.count(name) > 1
        ]
        self.lookup, self.id_pattern = self._bind_lookup(lookup)
        by_name = {bound.field.name: bound for bound in self.bounds}
        own, mistakes = bind_filters(filters, by_name, model, dialect)
        order, more = bind_order(ordering, by_name, model)
        self.mistakes += mistakes + more
        self._filters = own
        self.parameters: tuple[InputField, ...] = (*own, *order, *parameters)
        """The query parameters of the list."""
        self._known = frozenset({one.name for one in self.parameters} | RESERVED)
        self._names = frozenset(by_name)
        uri = Field("resource_uri", Kind.URI, "Path of this object.")
        self.body = Body(noun_of(name), (*(one.field for one in self.bounds), uri))

    _key: Any = None
    """The model field of the ids; None after a mistake."""

    def _bind_lookup(self, lookup: str) -> tuple[str, str]:
        try:
            field = field_at(self.model, lookup)
        except FieldDoesNotExist as error:
            self.mistakes.append(f"lookup: {error}")
            return "pk", ID
        is_key = field.primary_key
        while field.is_relation and field.primary_key:  # the link to a parent model
            field = field.target_field
        if "__" in lookup or field.is_relation or not field.unique:
            self.mistakes.append(f"lookup: {lookup!r} is not a unique field of the model")
        self._key = field
        slug = r"[-\w]+" if getattr(field, "allow_unicode", False) else "[-a-zA-Z0-9_]+"
        pattern = {"SlugField": slug, "UUIDField": UUID}.get(field.get_internal_type(), "[^/]+")
        numbers = (models.IntegerField, models.AutoField)
        return "pk" if is_key else lookup, ID if isinstance(field, numbers) else pattern

    def rows(self, call: Call) -> QuerySet[Any]:
        """Return the objects that exist for the caller."""
        if callable(self._queryset):
            return self._queryset(call)
        return self.model._default_manager.all() if self._queryset is None else self._queryset.all()

    def select(self, call: Call) -> QuerySet[Any]:
        """Return the objects that the filters select, in a stable order.

        :raises InvalidRequest: a query parameter names a field that is not a filter.
        """
        faults = {
            name: [NOT_A_FILTER]
            for name in read_query(call.request)
            if name not in self._known and name.partition("__")[0] in self._names
        }
        if faults:
            raise InvalidRequest(faults)
        chosen = [one for one in self._filters if one.name in call.filters]
        matching = {one.path: call.filters[one.name] for one in chosen}
        rows = self.rows(call)
        if any(one.is_many for one in chosen) and not self.dialect.is_legacy:
            # Each object once, however many of the others match; the old framework repeats it.
            matching = {"pk__in": self.model._base_manager.filter(**matching).values("pk")}  # noqa: SLF001 - documented
        rows = self.joined(rows.filter(**matching))
        if self._narrow is not None:
            rows = self._narrow(rows, call)
        return _in_stable_order(rows, call.filters.get(ORDER_BY, ()))

    def get(self, call: Call) -> Any:
        """Return the object of the path.

        :raises NotFound: there is none for the caller.
        """
        return self.find(call, self.joined(self.rows(call)))

    def represent(self, row: Any, call: Call) -> dict[str, Any]:
        """Return the values of the body."""
        values = {bound.field.name: bound.value(row, call) for bound in self.bounds}
        return {**values, "resource_uri": self.uri_of(row, call)}

    def render(self, row: Any, call: Call) -> dict[str, Any]:
        """Return the body, for an object that shows it as a part of its own."""
        return self.body.render(self.represent(row, call))

    def uri_of(self, row: Any, call: Call) -> str:
        """Return the path of an object."""
        return target_of(self.name).uri(row, call)

    def check_path(self, row: Any) -> None:
        """Check that the path of an object leads to it; clients remove `.` and `..` (RFC 3986 section 5.2.4).

        :raises ValidationError: its key, which a client may have chosen, leads elsewhere.
        """
        key, endpoint = str(getattr(row, self.lookup)), target_of(self.name).endpoint
        found = re.search(endpoint.route, endpoint.uri("", id=key))
        if found is None or found["id"] != key or not {".", ".."}.isdisjoint(key.split("/")):
            raise ValidationError({self._key.name: WRONG_VALUE})

    def find(self, call: Call, rows: QuerySet[Any]) -> Any:
        """Return the object of the path among these.

        :raises NotFound: it is not among them.
        """
        if "\x00" in call.id:
            raise NotFound
        with contextlib.suppress(ValueError, ValidationError, ArithmeticError):
            if (found := rows.filter(**{self.lookup: self.key_of(call.id)}).first()) is not None:
                return found
        raise NotFound

    def key_of(self, text: str) -> Any:
        """Return the value of an id.

        :raises ValueError: it is none; also `ValidationError` and `ArithmeticError`.
        """
        return text if self._key is None else to_compare(self._key, text)

    @cached_property
    def _joins(self) -> tuple[set[str], set[str]]:
        return joins_of(self.bounds)

    def joined(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows with what their body shows of other objects, in a fixed number of queries."""
        selected, prefetched = self._joins
        rows = rows.select_related(*sorted(selected)) if selected else rows
        return rows.prefetch_related(*sorted(prefetched)) if prefetched else rows


def _in_stable_order(rows: QuerySet[Any], chosen: Sequence[str]) -> QuerySet[Any]:
    """Return the rows ordered as the caller chose, or as they are, and last by their key."""
    default = rows.query.get_meta().ordering if rows.query.default_ordering else ()
    own = rows.query.order_by or default or ()
    return rows.order_by(*(chosen or own), "pk")
