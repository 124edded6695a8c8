"""Values of a declared model resource as every database can store and compare them."""

from datetime import MAXYEAR, UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from shared.contract.fields import NOT_IN_FORMAT
from shared.http.model_fields import Bound

WRONG_VALUE = "Not a valid value for this field."
_LARGEST_INTEGER = 2**63 - 1
_LONGEST = timedelta(microseconds=_LARGEST_INTEGER)
"""Databases without a type for durations store the microseconds as an integer."""


def to_model(bound: Bound, value: Any) -> Any:
    """Return an input value as the model field stores it.

    :raises ValidationError: the model field cannot read it.
    """
    if value is None or bound.model_field.get_internal_type() == "JSONField":
        return value
    # The shortest text of a JSON number; `Decimal` of a float would have its binary digits.
    text = repr(value) if isinstance(value, float) else value
    try:
        found = _storable(bound.model_field.to_python(text))
    except (ValueError, TypeError, ArithmeticError):  # of fields whose `to_python` does not expect such a text
        raise ValidationError(WRONG_VALUE) from None
    if isinstance(found, datetime):
        if timezone.is_naive(found):
            found = timezone.make_aware(found, timezone.get_default_timezone())
        if not 1 < found.year < MAXYEAR:  # in another time zone it may be no time that Python can represent
            raise ValidationError(NOT_IN_FORMAT.format(format="date-time"))
    return found


def to_compare(field: Any, text: str) -> Any:
    """Return the text of an id or a filter as a value that every database can compare with the field.

    :raises ValueError: it is no such value, or is too large.
    :raises ArithmeticError: likewise; a time is not in the years 1 to 9999 of UTC.
    :raises ValidationError: the model field cannot read it; a decimal has too many digits, an address is none.
    """
    value = _storable(field.to_python(text))
    if isinstance(value, datetime):
        aware = timezone.make_aware(value, timezone.get_default_timezone()) if timezone.is_naive(value) else value
        return aware.astimezone(UTC)
    if isinstance(field, models.DecimalField | models.GenericIPAddressField):
        field.run_validators(value)
    return value


def _storable(value: Any) -> Any:
    """Return a value that no database is too small for.

    :raises ValueError: it is too large.
    """
    if isinstance(value, int) and abs(value) > _LARGEST_INTEGER:
        raise ValueError(value)
    if isinstance(value, timedelta) and not -_LONGEST <= value <= _LONGEST:
        raise ValueError(value)
    # A zero may have any exponent, which the validators let through.
    return Decimal(0) if isinstance(value, Decimal) and not value else value
