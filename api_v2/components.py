"""The named components of `openapi.yaml`, built from the declared bodies and fields.

The schemas are DRF serializers because drf-spectacular makes components of serializers. They serialize nothing.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.core.validators import RegexValidator
from django.db import models
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from shared.contract import errors
from shared.contract.bodies import Body, Field, Kind
from shared.contract.error_guidance import PATH as ERRORS_PATH
from shared.contract.error_guidance import link_to
from shared.contract.errors import ApiError
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
from shared.contract.registry import UNDECLARED
from shared.contract.resources import Input, Operation

_USER_KEY = get_user_model()._meta.pk
USER_ID_IS_TEXT = not isinstance(getattr(_USER_KEY, "target_field", _USER_KEY), models.IntegerField)


@extend_schema_field(OpenApiTypes.INT64)
class _Integer(serializers.IntegerField):
    """An integer of an answer. Without the format, generated Kotlin and Java have 32 bits for an id."""


_FIELDS: dict[Kind, Any] = {
    Kind.INTEGER: _Integer,
    Kind.USER_ID: serializers.CharField if USER_ID_IS_TEXT else _Integer,
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
    return _named(body.name, {field.name: _response_field(field) for field in body.fields}, body.help)


@cache
def list_component(body: Body) -> SerializerClass:
    """Return the component of a list of bodies."""
    return _named(f"{body.name}List", {"meta": _META(), "objects": component(body)(many=True)}, "A page of a list.")


@cache
def request_component(takes: Input) -> SerializerClass:
    """Return the component of a request body."""
    return _named(takes.name, {field.name: _request_field(field, takes) for field in takes.fields}, takes.help)


def response_of(operation: Operation) -> SerializerClass | None:
    """Return the component of an operation's success; None for an answer without a body."""
    if operation.returns is None:
        return None
    return list_component(operation.returns) if operation.is_list else component(operation.returns)


def _named(name: str, fields: dict[str, Any], description: str) -> SerializerClass:
    # drf-spectacular removes the suffix to name the component.
    own = {"__module__": __name__, "__doc__": description or None}
    return type(f"{name}Serializer", (serializers.Serializer,), {**fields, **own})


def _response_field(field: Field) -> Any:
    if field.kind is Kind.LISTING:
        return _RESOURCE()
    if field.kind is Kind.CREDENTIAL_SETS:
        names = serializers.ListField(child=serializers.CharField())
        return serializers.ListField(child=names, help_text=field.help)
    if field.kind in _CHILDREN:
        return serializers.ListField(child=_CHILDREN[field.kind](), help_text=field.help, allow_null=field.nullable)
    if field.known:
        return _extensible(field.known)(help_text=field.help, allow_null=field.nullable)
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
    "The position of a page in its list.",
)
_RESOURCE = _named(
    "Resource", {"list_endpoint": serializers.CharField(help_text="Path of the list.")}, "A resource that has a list."
)


@cache
def error_component(codes: tuple[str, ...]) -> SerializerClass:
    """Return the component of every failure, with the codes that exist.

    Generators rename a component that is called `Error`, but not this one (docs/decisions/0035-generated-clients.md).
    """
    return _named(
        "ErrorEnvelope",
        {
            "errors": serializers.CharField(help_text="One sentence for a person."),
            "code": _extensible(codes)(
                help_text="The cause, for programs. More codes may be added: treat one that you do not know by the "
                f"status of the answer. [What each means and what to do]({ERRORS_PATH})."
            ),
            "fields": serializers.DictField(
                child=serializers.ListField(child=serializers.CharField()),
                required=False,
                help_text="The messages for each invalid field; present only if fields are invalid.",
            ),
        },
        "The body of every failure.",
    )


def _extensible(values: Iterable[str]) -> Any:
    """Return the type of a string with known values, to which more may be added.

    A closed `enum` would make generated clients fail on a new value. `x-extensible-enum` is the keyword of Zalando's
    guidelines (rule 112). Generators that do not know it make a string of the field.
    """
    schema = {"type": "string", "x-extensible-enum": [*values]}
    return extend_schema_field(schema)(type("ExtensibleField", (serializers.CharField,), {}))


def _header(name: str, kind: str, description: str) -> tuple[str, dict[str, Any]]:
    return name, {"description": description, "schema": {"type": kind}}


HEADERS = {
    "X-Request-ID": _header("RequestId", "string", "The id of this request in the service's logs."),
    "WWW-Authenticate": _header("Challenge", "string", "The authentication challenge."),
    "Retry-After": _header(
        "RetryAfter",
        "integer",
        "The whole seconds to wait before the next try. "
        f"{link_to(errors.ProviderMisconfigured.code)} does not have it.",
    ),
    "Location": _header("Location", "string", "The path of the new object; of the user, after a sign-up."),
}
"""The components of the headers of answers: the name and the Header Object."""
_HEADERS_OF = {"201": ("Location",), "401": ("WWW-Authenticate",), "429": ("Retry-After",), "503": ("Retry-After",)}


def headers_of(status: str) -> tuple[str, ...]:
    """Return the names of the headers of a response, as `HEADERS` has them."""
    return ("X-Request-ID", *_HEADERS_OF.get(status, ()))


_UNAUTHORIZED = frozenset({errors.InvalidCredentials, errors.CredentialsInUrl})
SHARED_FAILURES: dict[frozenset[type[ApiError]], str] = {
    frozenset({errors.InvalidRequest}): "InvalidRequest",
    _UNAUTHORIZED: "InvalidCredentials",
    _UNAUTHORIZED | {errors.NotAuthenticated}: "Unauthorized",
    frozenset({errors.RecentSignInRequired}): "RecentSignInRequired",
    frozenset({errors.NotFound}): "NotFound",
    frozenset({errors.Throttled}): "Throttled",
    frozenset({errors.InternalError}): "InternalError",
    frozenset({errors.ServiceUnavailable}): "ServiceUnavailable",
    frozenset(UNDECLARED): "OtherFailure",
}
"""The components of the responses that several operations have, by their failures."""
