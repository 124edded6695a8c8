"""The named components of `openapi.yaml`, built from the declared bodies and fields.

They are DRF serializers because drf-spectacular makes components of serializers. They serialize nothing.
"""

from functools import cache
from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers

from shared.contract.bodies import Body, Field, Kind
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
from shared.contract.resources import Input, Operation

_FIELDS: dict[Kind, Any] = {
    Kind.INTEGER: serializers.IntegerField,
    Kind.STRING: serializers.CharField,
    Kind.BOOLEAN: serializers.BooleanField,
    Kind.TIME: serializers.DateTimeField,
    Kind.URI: serializers.CharField,
    Kind.NUMBER: serializers.FloatField,
    Kind.DECIMAL: serializers.CharField,
    Kind.DATE: serializers.DateField,
    Kind.CLOCK: serializers.TimeField,
    Kind.UUID: serializers.UUIDField,
    Kind.OBJECT: serializers.DictField,
    Kind.ANY: serializers.JSONField,
}
_CHILDREN: dict[Kind, Any] = {Kind.URIS: serializers.CharField, Kind.OBJECTS: serializers.DictField}
_FORMATS: dict[str, Any] = {
    "date-time": serializers.DateTimeField,
    "date": serializers.DateField,
    "time": serializers.TimeField,
    "uuid": serializers.UUIDField,
}
_VISIBLE_ASCII = RegexValidator(r"^[!-~]+$")
_NO_CONTROL = RegexValidator(r"^[^\x00-\x1f\x7f-\x9f]*$")

SerializerClass = type[serializers.Serializer[Any]]


@cache
def component(body: Body) -> SerializerClass:
    """Return the component of an answer's body."""
    return _named(body.name, {field.name: _response_field(field) for field in body.fields})


@cache
def list_component(body: Body) -> SerializerClass:
    """Return the component of a list of bodies."""
    return _named(f"{body.name}List", {"meta": _META(), "objects": component(body)(many=True)})


@cache
def request_component(takes: Input) -> SerializerClass:
    """Return the component of a request body."""
    return _named(takes.name, {field.name: _request_field(field, takes) for field in takes.fields})


def response_of(operation: Operation) -> SerializerClass | None:
    """Return the component of an operation's success; None for an answer without a body."""
    if operation.returns is None:
        return None
    return list_component(operation.returns) if operation.is_list else component(operation.returns)


def _named(name: str, fields: dict[str, Any]) -> SerializerClass:
    # drf-spectacular removes the suffix to name the component.
    return type(f"{name}Serializer", (serializers.Serializer,), {**fields, "__module__": __name__, "__doc__": None})


def _response_field(field: Field) -> Any:
    if field.kind is Kind.LISTING:
        return _RESOURCE()
    if field.kind is Kind.CREDENTIAL_SETS:
        names = serializers.ListField(child=serializers.CharField())
        return serializers.ListField(child=names, help_text=field.help)
    if field.kind in _CHILDREN:
        return serializers.ListField(child=_CHILDREN[field.kind](), help_text=field.help, allow_null=field.nullable)
    # Without it, a generated client could refuse the empty string, which stands for an unknown value.
    blank = {"allow_blank": True} if field.kind is Kind.STRING else {}
    return _FIELDS[field.kind](help_text=field.help, allow_null=field.nullable, **blank)


def _request_field(field: InputField, takes: Input) -> Any:
    options: dict[str, Any] = {
        "help_text": field.help,
        "required": field.required and not takes.partial,
        # Old clients send one struct for all providers: a field that some requests ignore may be null.
        "allow_null": field.nullable or field.unchecked,
    }
    match field:
        case IntegerField():
            return serializers.IntegerField(min_value=field.minimum, max_value=field.maximum, **options)
        case BooleanField():
            return serializers.BooleanField(**options)
        case NumberField():
            return serializers.FloatField(**options)
        case FormatField():
            return _FORMATS.get(field.format, serializers.CharField)(**options)
        case ListField():
            return serializers.ListField(child=serializers.CharField(), **options)
        case AnyField():
            return serializers.JSONField(**options)
        case TextField():
            return serializers.CharField(
                max_length=None if field.unchecked else field.max_length,
                min_length=None if field.unchecked or not field.min_length else field.min_length,
                # For a blank value beside a pattern, drf-spectacular writes a `oneOf`. The patterns exclude it already.
                allow_blank=field.unchecked,
                trim_whitespace=False,
                validators=[] if field.unchecked else _patterns(field),
                **options,
            )
    raise TypeError(f"there is no component for {type(field).__name__}")


def _patterns(field: TextField) -> list[RegexValidator]:
    return [_VISIBLE_ASCII] * field.visible_ascii + [_NO_CONTROL] * field.no_control


_META = _named(
    "ListMeta",
    {
        "limit": serializers.IntegerField(help_text="The maximum number of objects."),
        "next": serializers.CharField(allow_null=True, help_text="Path of the next page; null on the last."),
        "offset": serializers.IntegerField(help_text="The number of objects skipped."),
        "previous": serializers.CharField(allow_null=True, help_text="Path of the previous page; null on the first."),
        "total_count": serializers.IntegerField(help_text="The number of objects in the list."),
    },
)
_RESOURCE = _named("Resource", {"list_endpoint": serializers.CharField(help_text="Path of the list.")})

ERROR = _named(
    "Error",
    {
        "errors": serializers.CharField(help_text="One sentence for a person."),
        "code": serializers.CharField(help_text="Stable, for programs. Each status lists its known values."),
        "fields": serializers.DictField(
            child=serializers.ListField(child=serializers.CharField()),
            required=False,
            help_text="The messages for each invalid field; present only if fields are invalid.",
        ),
    },
)
