"""The query parameters of a declared model resource: filters by field, and `order_by`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models

from shared.contract.dialects import Dialect
from shared.contract.fields import InputField
from shared.http.model_fields import Bound, field_at, follows_many
from shared.http.model_values import to_compare

WRONG_VALUE = "Not a valid value for this filter."
NOT_A_FILTER = "This filter is not available."
NOT_AN_ORDER = "Objects can be ordered by: {names}."
ORDER_BY = "order_by"
RESERVED = frozenset({"limit", "offset", "format", ORDER_BY})
"""The query parameters of every list, and one that old clients send and that is ignored."""

_TEXT_LOOKUPS = frozenset(
    {"iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith"},
)
_VALUE_LOOKUPS = frozenset({"exact", "in", "gt", "gte", "lt", "lte", "range"})
_DATE_PARTS: Mapping[str, tuple[int, int]] = {"year": (2, 9998), "month": (1, 12), "day": (1, 31)}
"""Least and greatest. The bounds of the first and the last year are outside of what a time in UTC can be."""
LOOKUPS = _TEXT_LOOKUPS | _VALUE_LOOKUPS | {"isnull"} | set(_DATE_PARTS)
_BOOLEANS: Mapping[str, bool] = {"true": True, "True": True, "1": True, "false": False, "False": False, "0": False}
_NULLS = frozenset({"nil", "none", "None"})
_INVALID = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterField(InputField):
    """A filter: `name`, or with its lookup `name__in`."""

    lookup: str
    path: str
    """The keyword argument of `QuerySet.filter`."""
    model_field: Any
    is_many: bool = False
    """Whether an object may match more than once, because the path leads to many objects."""

    @property
    def is_repeatable(self) -> bool:
        """Whether the query parameter may be given more than once."""
        return self.lookup in {"in", "range"}

    def read(self, texts: Sequence[str]) -> object:
        """Return the value to filter by, or a value that `fault` refuses."""
        try:
            if not self.is_repeatable:
                return self._value(texts[-1])
            values = [self._value(part) for text in texts for part in text.split(",")] if any(texts) else []
        except (KeyError, ValueError, ValidationError, ArithmeticError):
            return _INVALID
        return values if self.lookup == "in" or len(values) == 2 else _INVALID

    def _fault(self, value: object) -> str | None:
        return WRONG_VALUE if value is _INVALID else None

    def _value(self, text: str) -> Any:
        if "\x00" in text:
            raise ValueError
        if self.lookup == "isnull" or isinstance(self.model_field, models.BooleanField):
            return None if self.lookup == "exact" and text in _NULLS else _BOOLEANS[text]
        if self.lookup in _DATE_PARTS:
            return _date_part(text, *_DATE_PARTS[self.lookup])
        is_text = isinstance(self.model_field, models.CharField | models.TextField)
        if is_text or self.lookup in _TEXT_LOOKUPS:
            return text
        if text in _NULLS and self.lookup == "exact":
            return None
        return to_compare(self.model_field, text)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderField(InputField):
    """`order_by`, by each of the names, or descending with a minus sign before it."""

    paths: tuple[tuple[str, str], ...]
    """Each name with its ORM path."""

    @property
    def is_repeatable(self) -> bool:
        """Whether the query parameter may be given more than once."""
        return True

    def read(self, texts: Sequence[str]) -> object:
        """Return the arguments of `QuerySet.order_by`, or a value that `fault` refuses."""
        known = dict(self.paths)
        names = [(text[:1] == "-", text.removeprefix("-")) for text in texts]
        if any(name not in known for _, name in names):
            return _INVALID
        return [f"{'-' if is_descending else ''}{known[name]}" for is_descending, name in names]

    def _fault(self, value: object) -> str | None:
        return NOT_AN_ORDER.format(names=", ".join(name for name, _ in self.paths)) if value is _INVALID else None


def bind_filters(
    filters: Mapping[str, Sequence[str]], bounds: Mapping[str, Bound], model: Any, dialect: Dialect
) -> tuple[list[FilterField], list[str]]:
    """Return the declared filters, and the mistakes in them. A legacy dialect also has `name__exact` for `name`."""
    found: list[FilterField] = []
    mistakes: list[str] = []
    for name, lookups in filters.items():
        try:
            path = path_of(name, bounds)
            field = field_at(model, path)
        except (FieldDoesNotExist, KeyError) as error:
            mistakes.append(f"the filter {name!r} is on no field of the resource: {error}")
            continue
        if name.partition("__")[0] in RESERVED:
            mistakes.append(f"{name!r} is a parameter of every list and cannot be a filter")
        for lookup in lookups:
            if lookup not in LOOKUPS:
                mistakes.append(f"the filter {name!r} has an unknown lookup {lookup!r}")
                continue
            # By the key itself: a lookup on a foreign key would not check the range of the number.
            own = f"{path}__pk" if field.is_relation and lookup != "isnull" else path
            end = field_at(model, own)
            end = getattr(end, "output_field", end)  # of a `GeneratedField`, which itself reads no text
            if not _is_supported(end, lookup):
                mistakes.append(f"the filter {name!r} has the lookup {lookup!r}, which its field does not support")
                continue
            names = [name if lookup == "exact" else f"{name}__{lookup}"]
            names += [f"{name}__exact"] if lookup == "exact" and dialect.is_legacy else []
            found += [
                FilterField(
                    name=shown,
                    help=f"Only objects whose `{name}` matches ({lookup}).",
                    example="1",
                    nullable=True,
                    lookup=lookup,
                    path=f"{own}__{lookup}",
                    model_field=end,
                    is_many=follows_many(model, path),
                )
                for shown in names
            ]
    return found, mistakes


def bind_order(ordering: Sequence[str], bounds: Mapping[str, Bound], model: Any) -> tuple[list[OrderField], list[str]]:
    """Return `order_by`, and the mistakes in the names."""
    paths: list[tuple[str, str]] = []
    mistakes: list[str] = []
    for name in ordering:
        try:
            path = path_of(name, bounds)
            field_at(model, path)
            if follows_many(model, path):
                mistakes.append(f"cannot order by {name!r}: it leads to many objects")
            paths.append((name, path))
        except (FieldDoesNotExist, KeyError) as error:
            mistakes.append(f"cannot order by {name!r}: {error}")
    if not paths:
        return [], mistakes
    names = ", ".join(f"`{name}`" for name, _ in paths)
    text = f"By {names}; descending with `-` before the name."
    return [OrderField(name=ORDER_BY, help=text, example=paths[0][0], paths=tuple(paths))], mistakes


def _is_supported(field: Any, lookup: str) -> bool:
    if isinstance(field, models.JSONField):  # other lookups have meanings of their own, or are not in each database
        return lookup in {"exact", "isnull"}
    if not hasattr(models, field.get_internal_type()):  # of PostgreSQL alone: its lookups take no text
        return lookup == "isnull"
    if isinstance(field, models.BooleanField) and lookup in _TEXT_LOOKUPS:  # a database may have no text of it
        return False
    return field.get_lookup(lookup) is not None or field.get_transform(lookup) is not None


def path_of(name: str, bounds: Mapping[str, Bound]) -> str:
    """Return the ORM path of a field of the resource, or of a path that begins with one (`release__slug`).

    :raises KeyError: the resource has no such field, or it is computed.
    """
    first, separator, rest = name.partition("__")
    bound = bounds[first]
    if not bound.path:
        raise KeyError(f"{first} is computed")
    return f"{_query_name(bound)}{separator}{rest}"


def _query_name(bound: Bound) -> str:
    return bound.model_field.name if bound.related is not None else bound.path


def _date_part(text: str, least: int, greatest: int) -> int:
    number = int(text)
    if not least <= number <= greatest:
        raise ValueError(text)
    return number
