"""The fields of a declared model resource: what they show, and what they take."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.backends.base.operations import BaseDatabaseOperations
from django.utils import dateformat, timezone
from django.utils.duration import duration_iso_string

from shared.contract.bodies import Field, Kind
from shared.contract.dialects import ISO_8601_STRICT, RFC_2822, Dialect
from shared.contract.fields import (
    AnyField,
    BooleanField,
    FormatField,
    InputField,
    IntegerField,
    ListField,
    NumberField,
    TextField,
)
from shared.contract.resources import Call
from shared.http.model_relations import full_value, is_reverse, link_value, one_of

MAX_TEXT = 64 * 1024
"""The most characters of a text whose model field has no limit; a request body has no more bytes."""
Value = Callable[[Any, Call], Any]
"""A function that takes a row and the call, and returns a value of the body."""

_KINDS: Mapping[str, Kind] = {
    "AutoField": Kind.INTEGER,
    "BigAutoField": Kind.INTEGER,
    "BigIntegerField": Kind.INTEGER,
    "IntegerField": Kind.INTEGER,
    "PositiveBigIntegerField": Kind.INTEGER,
    "PositiveIntegerField": Kind.INTEGER,
    "PositiveSmallIntegerField": Kind.INTEGER,
    "SmallAutoField": Kind.INTEGER,
    "SmallIntegerField": Kind.INTEGER,
    "BooleanField": Kind.BOOLEAN,
    "FloatField": Kind.NUMBER,
    "DecimalField": Kind.DECIMAL,
    "DateTimeField": Kind.TIME,
    "DateField": Kind.DATE,
    "TimeField": Kind.CLOCK,
    "UUIDField": Kind.UUID,
    "JSONField": Kind.ANY,
}
"""By `get_internal_type()`; every other model field is shown as a string."""
_LEGACY_TEXTS = frozenset({"JSONField", "PositiveBigIntegerField", "SmallAutoField"})
"""The model fields that the old framework shows as strings besides."""
_FORMATS = {
    Kind.DECIMAL: ("decimal", "9.50"),
    Kind.TIME: ("date-time", "2026-11-23T20:00:00Z"),
    Kind.DATE: ("date", "2026-11-23"),
    Kind.CLOCK: ("time", "20:00:00"),
    Kind.UUID: ("uuid", "5f0c3a2e-8f5b-4a53-9a3e-0f6f1d2b7c11"),
}
_READ_ONLY = ("FileField", "ImageField", "FilePathField", "BinaryField")


@dataclass(frozen=True, slots=True)
class ModelField:
    """A field of the model, or of an object that it refers to (`attribute="release__name"`), which is read-only."""

    name: str
    attribute: str = ""
    """The model's field, if it has another name."""
    readonly: bool = False
    required: bool | None = None
    """Whether POST needs it; by default as the model field's `blank`, `null` and `default` say."""
    help: str = ""


@dataclass(frozen=True, slots=True)
class Related:
    """A relation of the model, shown as the path of the other object, or as a list of paths."""

    name: str
    to: str
    """The name of the other resource."""
    attribute: str = ""
    """The model's attribute, if it has another name."""
    full: bool = False
    """Whether the other object is shown itself. It is read-only then."""
    readonly: bool = False
    help: str = ""


@dataclass(frozen=True, slots=True)
class Computed:
    """A value that a function of the project returns; read-only."""

    name: str
    kind: Kind
    value: Value
    nullable: bool = False
    help: str = ""
    needs: tuple[str, ...] = ()
    """The relations that the function follows, fetched with the rows (`select_related`, `prefetch_related`)."""


Declared = str | ModelField | Related | Computed


@dataclass(frozen=True, slots=True)
class Bound:
    """A declared field with its model field."""

    field: Field
    value: Value
    path: str = ""
    """The ORM path; empty for a computed field."""
    model_field: Any = None
    takes: InputField | None = None
    """The input; None if it is read-only."""
    related: Related | None = None
    is_many: bool = False
    joins: tuple[str, ...] = ()
    """The relations that `value` follows."""
    many_joins: frozenset[str] = frozenset()
    """Those of them that lead to many objects."""


def bind(declared: Declared, model: Any, dialect: Dialect) -> Bound:
    """Return a declared field with its model field.

    :raises FieldDoesNotExist: the model has no such field.
    """
    match declared:
        case str():
            return _bind_column(ModelField(declared), model, dialect)
        case ModelField():
            return _bind_column(declared, model, dialect)
        case Computed():
            shown = Field(declared.name, declared.kind, declared.help or f"`{declared.name}`.", declared.nullable)
            many = frozenset(path for path in declared.needs if follows_many(model, path))
            return Bound(shown, declared.value, joins=declared.needs, many_joins=many)
        case Related():
            return _bind_relation(declared, model)


def field_at(model: Any, path: str) -> Any:
    """Return the model field at the end of an ORM path.

    :raises FieldDoesNotExist: there is none.
    """
    field: Any = None
    for part in path.split("__"):
        if model is None:
            raise FieldDoesNotExist(f"{path} follows {field.name}, which is not a relation")
        field = model._meta.pk if part == "pk" else _field_of(model, part)
        model = field.related_model
    return field


def follows_many(model: Any, path: str) -> bool:
    """Return True if an ORM path leads to many objects."""
    parts = path.split("__") if path else []
    fields = [field_at(model, "__".join(parts[: end + 1])) for end in range(len(parts))]
    return any(field.many_to_many or field.one_to_many for field in fields)


def _field_of(model: Any, name: str) -> Any:
    for field in model._meta.get_fields():
        if name == getattr(field, "attname", field.name) != field.name:
            return field.target_field  # `release_id`: the other object's key
        if name in {field.name, field.get_accessor_name() if is_reverse(field) else ""}:
            return field
    raise FieldDoesNotExist(f"{model.__name__} has no field {name!r}")


def _bind_column(declared: ModelField, model: Any, dialect: Dialect) -> Bound:
    path = declared.attribute or declared.name
    field = field_at(model, path)
    if field.is_relation:
        raise FieldDoesNotExist(f"{path} is a relation; declare it as Related")
    *relations, last = path.split("__")
    if follows_many(model, "__".join(relations)):
        raise FieldDoesNotExist(f"{path} follows a relation to many objects; declare it as Computed")
    is_key = last not in {field.name, "pk"}  # `release_id`
    write, internal = _writer(field, dialect), field.get_internal_type()
    shown = Field(
        declared.name,
        _kind(field, dialect),
        declared.help or _help(field),
        # Without a file, or not finite, which JSON cannot express.
        bool(relations or is_key) or field.null or field.generated or internal in (*_READ_ONLY, "FloatField"),
    )
    is_fixed = declared.readonly or relations or is_key or not field.editable or internal in _READ_ONLY
    is_fixed = is_fixed or isinstance(field, models.AutoField) or (field.primary_key and field.has_default())

    def value(row: Any, call: Call) -> Any:
        for relation in relations:
            row = one_of(row, relation)
            if row is None:
                return None
        found = getattr(row, last)
        return None if found is None else write(found)

    return Bound(
        shown,
        value,
        path,
        field,
        None if is_fixed else _input(declared, field, shown.help, dialect),
        joins=("__".join(relations),) if relations else (),
    )


def _kind(field: Any, dialect: Dialect) -> Kind:
    internal = field.get_internal_type()
    if dialect.is_legacy and (internal in _LEGACY_TEXTS or internal == "DateTimeField"):
        return Kind.STRING
    return _KINDS.get(internal, Kind.STRING)


def _help(field: Any) -> str:
    text = str(field.help_text or field.verbose_name).strip()
    return text if text.endswith(".") else f"{text[:1].upper()}{text[1:]}."


def _writer(field: Any, dialect: Dialect) -> Callable[[Any], Any]:
    """Return the function that makes a JSON value of a model field's value, which is not None."""
    internal = field.get_internal_type()
    if dialect.is_legacy and internal in _LEGACY_TEXTS:
        return str
    match internal:
        case "DateTimeField":
            # In the contract's dialect `Body.render` formats it.
            return (lambda value: local_time(value, dialect)) if dialect.is_legacy else lambda value: value
        case "DateField" | "TimeField":
            return (lambda value: local_time(value, dialect)) if dialect.is_legacy else lambda value: value.isoformat()
        case "FloatField":
            return lambda value: value if math.isfinite(value) else None
        case "FileField" | "ImageField":
            return lambda value: value.url if value else None
        case "DurationField" if not dialect.is_legacy:
            return duration_iso_string
    return (lambda value: value) if _KINDS.get(internal) in {Kind.INTEGER, Kind.BOOLEAN, Kind.ANY} else str


def local_time(value: datetime | date | time, dialect: Dialect) -> str:
    """Return a time in the project's time zone, without the zone, in the format of a legacy dialect."""
    if isinstance(value, datetime) and timezone.is_aware(value):
        value = timezone.make_naive(value, timezone.get_default_timezone())
    if dialect.times == RFC_2822:
        if isinstance(value, datetime):
            return dateformat.format(value, "r")
        if isinstance(value, date):
            return dateformat.format(value, "j M Y")
        midnight = datetime(2000, 1, 1, value.hour, value.minute, value.second)  # noqa: DTZ001 - made aware below
        return dateformat.format(timezone.make_aware(midnight, timezone.get_default_timezone()), "H:i:s O")
    if dialect.times == ISO_8601_STRICT and isinstance(value, datetime | time):
        value = value.replace(microsecond=0)
    return value.isoformat()


def _input(declared: ModelField, field: Any, help: str, dialect: Dialect) -> InputField:
    needed = not (field.blank or field.null or field.has_default())
    common: dict[str, Any] = {
        "name": declared.name,
        "help": help,
        "required": needed if declared.required is None else declared.required,
        "nullable": field.null,
    }
    kind = _KINDS.get(field.get_internal_type(), Kind.STRING)
    match kind:
        case Kind.INTEGER:
            lowest, highest = _bounds(field)
            also_text = _kind(field, dialect) is Kind.STRING
            return IntegerField(**common, example=max(1, lowest), minimum=lowest, maximum=highest, also_text=also_text)
        case Kind.BOOLEAN:
            return BooleanField(**common, example=True)
        case Kind.NUMBER:
            return NumberField(**common, example=9.5)
        case Kind.ANY:
            return AnyField(**common, example="any")
    if kind in _FORMATS:
        named, example = _FORMATS[kind]
        return FormatField(**common, example=example, format=named)
    return TextField(**common, example="text", max_length=field.max_length or MAX_TEXT, min_length=int(not field.blank))


def _bounds(field: Any) -> tuple[int, int]:
    """Return the least and the greatest integer: the column's, which no database exceeds, and the validators'."""
    lowest, highest = BaseDatabaseOperations.integer_field_ranges.get(field.get_internal_type(), (-(2**31), 2**31 - 1))
    for validator in field.validators:
        limit = validator.limit_value if isinstance(validator, MinValueValidator | MaxValueValidator) else None
        if isinstance(limit, int):
            is_lowest = isinstance(validator, MinValueValidator)
            lowest, highest = (max(lowest, limit), highest) if is_lowest else (lowest, min(highest, limit))
    return lowest, highest


def _bind_relation(declared: Related, model: Any) -> Bound:
    path = declared.attribute or declared.name
    field = field_at(model, path)
    if field.related_model is None or "__" in path:
        raise FieldDoesNotExist(f"{path} is not a relation of {model.__name__}")
    is_many = bool(field.many_to_many or field.one_to_many)
    accessor = field.get_accessor_name() if is_reverse(field) else field.name
    kinds = (Kind.OBJECTS, Kind.URIS) if is_many else (Kind.OBJECT, Kind.URI)
    nullable = not is_many and bool(is_reverse(field) or field.null)
    text = declared.help or f"{'Paths' if is_many else 'Path'} of `{declared.to}`."
    takes: InputField | None = None
    if not (declared.readonly or declared.full or is_reverse(field) or not field.editable):
        common: dict[str, Any] = {"name": declared.name, "help": text, "nullable": nullable}
        common["required"] = not (field.blank or field.null or (not is_many and field.has_default()))
        path_of = f"/api/v2/{declared.to}/1/"
        takes = (
            ListField(**common, example=(path_of,))
            if is_many
            else FormatField(**common, example=path_of, format="path")
        )
    return Bound(
        Field(declared.name, kinds[0 if declared.full else 1], text, nullable),
        (full_value if declared.full else link_value)(declared.to, field, accessor, is_many=is_many),
        accessor if is_reverse(field) else path,
        field,
        takes,
        declared,
        is_many,
    )
