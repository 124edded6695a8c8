"""The named components of `openapi.yaml`, built from the declarations in `shared`.

DRF serializers, because that is what drf-spectacular names components by; they serialize nothing.
"""

from functools import cache
from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers

from shared.contract import bodies, endpoints, sign_up
from shared.contract.bodies import Field, Kind, Shape

_FIELDS: dict[Kind, Any] = {
    Kind.INTEGER: serializers.IntegerField,
    Kind.STRING: serializers.CharField,
    Kind.BOOLEAN: serializers.BooleanField,
    Kind.TIME: serializers.DateTimeField,
    Kind.URI: serializers.CharField,
}
_VISIBLE_ASCII = RegexValidator(r"^[!-~]+$")
_NO_CONTROL = RegexValidator(r"^[^\x00-\x1f\x7f-\x9f]*$")

SerializerClass = type[serializers.Serializer[Any]]


@cache
def component(shape: Shape) -> SerializerClass:
    """Give the component of a body."""
    return _named(shape.name, {field.name: _response_field(field) for field in shape.fields})


@cache
def list_component(shape: Shape) -> SerializerClass:
    """Give the component of a list of bodies."""
    return _named(f"{shape.name}List", {"meta": _META(), "objects": component(shape)(many=True)})


def _named(name: str, fields: dict[str, Any]) -> SerializerClass:
    # The suffix is what drf-spectacular takes off to name a component.
    return type(f"{name}Serializer", (serializers.Serializer,), {**fields, "__module__": __name__, "__doc__": None})


def _response_field(field: Field) -> Any:
    if field.kind is Kind.CREDENTIAL_SETS:
        names = serializers.ListField(child=serializers.CharField())
        return serializers.ListField(child=names, help_text=field.help)
    # A generated client must take the empty string for a value that is not known.
    blank = {"allow_blank": True} if field.kind is Kind.STRING else {}
    return _FIELDS[field.kind](help_text=field.help, allow_null=field.nullable, **blank)


def _request_field(field: sign_up.InputField) -> Any:
    any_content = field is sign_up.ACCESS_TOKEN_SECRET
    return serializers.CharField(
        help_text=field.help,
        required=field is sign_up.PROVIDER,
        max_length=field.max_length,
        min_length=None if any_content or not field.min_length else field.min_length,
        # With a pattern, drf-spectacular would make a `oneOf` of what may be blank; the pattern says it already.
        allow_blank=any_content,
        # Old clients have one struct for all providers; OAuth 2 ones ignore it.
        allow_null=any_content,
        trim_whitespace=False,
        validators=[] if any_content else _patterns(field),
    )


def _patterns(field: sign_up.InputField) -> list[RegexValidator]:
    return [_VISIBLE_ASCII] * field.visible_ascii + [_NO_CONTROL] * field.no_control


_META = _named(
    "ListMeta",
    {
        "limit": serializers.IntegerField(help_text="How many objects at most."),
        "next": serializers.CharField(allow_null=True, help_text="Path of the next part; null at the end."),
        "offset": serializers.IntegerField(help_text="How many objects come before."),
        "previous": serializers.CharField(allow_null=True, help_text="Path of the part before; null at the start."),
        "total_count": serializers.IntegerField(help_text="How many objects there are."),
    },
)
_RESOURCE = _named("Resource", {"list_endpoint": serializers.CharField(help_text="Path of the list.")})

SIGN_UP_REQUEST = _named("SignUp", {field.name: _request_field(field) for field in sign_up.FIELDS})
ROOT = _named("Root", {one.resource: _RESOURCE() for one in endpoints.LISTED})
ERROR = _named(
    "Error",
    {
        "errors": serializers.CharField(help_text="One sentence for a person."),
        "code": serializers.CharField(help_text="Stable, for programs. Known values are listed with each status."),
        "fields": serializers.DictField(
            child=serializers.ListField(child=serializers.CharField()),
            required=False,
            help_text="The fields at fault with what is wrong; only where fields are at fault.",
        ),
    },
)
USER = component(bodies.USER)
SIGN_IN = component(bodies.SIGN_IN)
