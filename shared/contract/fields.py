"""Input fields and their strict validation: values are never trimmed or converted (docs/contract.md, section 1)."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from shared.contract.errors import InvalidRequest

REQUIRED = "This field is required."
NULL = "This field may not be null."
NOT_A_STRING = "Not a valid string."
NOT_AN_INTEGER = "Not a valid integer."
NOT_A_BOOLEAN = "Not a valid boolean."
NOT_A_NUMBER = "Not a valid number."
NOT_A_LIST = "Not a list of strings."
NOT_IN_FORMAT = "Not a valid {format}."
BLANK = "This field may not be blank."
TOO_LONG = "Ensure this field has no more than {limit} characters."
TOO_SMALL = "Ensure this value is at least {limit}."
TOO_LARGE = "Ensure this value is at most {limit}."
TOO_SHORT = "Ensure this field has at least {limit} characters."
NOT_VISIBLE_ASCII = "Only visible ASCII characters are allowed."
NOT_ALLOWED = "Only these characters are allowed: {allowed}"
CONTROL = "Control characters are not allowed."
GIVEN_TWICE = "Give this parameter once."

_VISIBLE_ASCII = re.compile(r"[!-~]*")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_NUMBER = re.compile(r"-?[0-9]{1,9}", re.ASCII)
_DIGITS = re.compile(r"-?[0-9]{1,19}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class InputField:
    """A field of a request body, or a query parameter of a list. Each subclass is one type."""

    name: str
    help: str
    example: object
    required: bool = False
    nullable: bool = False
    unchecked: bool = False
    """Whether some requests ignore the field, so that `openapi.yaml` must not limit its values."""

    def fault(self, value: object) -> str | None:
        """Return the message for an invalid value, or None if it is valid."""
        if value is None:
            return None if self.nullable else NULL
        return self._fault(value)

    def parse(self, text: str) -> object:
        """Return the value of a query parameter's text; `fault` validates it."""
        return text

    def read(self, texts: Sequence[str]) -> object:
        """Return the value of a query parameter, given each text that was sent: that of the last."""
        return self.parse(texts[-1])

    @property
    def is_repeatable(self) -> bool:
        """Whether the query parameter may be given more than once."""
        return False

    def _fault(self, value: object) -> str | None:
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class TextField(InputField):
    """A string; the lengths are in characters."""

    max_length: int
    min_length: int = 1
    visible_ascii: bool = False
    no_control: bool = False
    allowed: str = ""
    """The allowed characters and ranges, separated by blanks (`A-Z 0-9 _`); empty for all."""

    @property
    def pattern(self) -> str:
        """The regular expression of a value that has only allowed characters."""
        parts = (part if len(part) > 1 else re.escape(part) for part in self.allowed.split())
        return f"[{''.join(parts)}]*"

    def _fault(self, value: object) -> str | None:
        if not isinstance(value, str):
            return NOT_A_STRING
        if not value and self.min_length:
            return BLANK
        if len(value) < self.min_length:
            return TOO_SHORT.format(limit=self.min_length)
        if len(value) > self.max_length:
            return TOO_LONG.format(limit=self.max_length)
        if self.visible_ascii and not _VISIBLE_ASCII.fullmatch(value):
            return NOT_VISIBLE_ASCII
        if self.no_control and _CONTROL.search(value):
            return CONTROL
        if self.allowed and not re.fullmatch(self.pattern, value):
            return NOT_ALLOWED.format(allowed=self.allowed)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegerField(InputField):
    """An integer within bounds; a JSON number with a fraction or a boolean is invalid."""

    minimum: int
    maximum: int
    also_text: bool = False
    """Whether the digits in a string are valid too; clients send back what a legacy dialect has shown."""

    def parse(self, text: str) -> object:
        """Return the number, or the text if it is not a number."""
        return int(text) if _NUMBER.fullmatch(text) else text

    def _fault(self, value: object) -> str | None:
        if self.also_text and isinstance(value, str) and _DIGITS.fullmatch(value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            return NOT_AN_INTEGER
        if value < self.minimum:
            return TOO_SMALL.format(limit=self.minimum)
        if value > self.maximum:
            return TOO_LARGE.format(limit=self.maximum)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class BooleanField(InputField):
    """`true` or `false`."""

    def parse(self, text: str) -> object:
        """Return the boolean, or the text if it is not a boolean."""
        return {"true": True, "false": False}.get(text, text)

    def _fault(self, value: object) -> str | None:
        return None if isinstance(value, bool) else NOT_A_BOOLEAN


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberField(InputField):
    """A JSON number within the range of an IEEE double."""

    def _fault(self, value: object) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return NOT_A_NUMBER
        try:
            float(value)
        except OverflowError:
            return NOT_A_NUMBER
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatField(InputField):
    """A string in a format: `date-time` or `date` or `time` (ISO 8601), `decimal` (also a JSON number), `uuid`, `path`.

    The value is not converted.
    """

    format: str

    def _fault(self, value: object) -> str | None:
        if self.format == "decimal" and isinstance(value, int | float) and not isinstance(value, bool):
            return None
        if not isinstance(value, str):
            return NOT_A_STRING
        try:
            _FORMATS[self.format](value)
        except (ValueError, InvalidOperation):
            return NOT_IN_FORMAT.format(format=self.format)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListField(InputField):
    """A list of strings."""

    def _fault(self, value: object) -> str | None:
        return None if isinstance(value, list) and all(isinstance(one, str) for one in value) else NOT_A_LIST


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyField(InputField):
    """Any JSON value."""

    def _fault(self, value: object) -> str | None:
        return None


def _finite(text: str) -> None:
    if not Decimal(text).is_finite():
        raise ValueError


_FORMATS: Mapping[str, Callable[[str], object]] = {
    "date-time": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "decimal": _finite,
    "uuid": UUID,
    "path": str,
}


def read_fields(fields: Iterable[InputField], data: Mapping[str, Any], *, partial: bool = False) -> dict[str, Any]:
    """Return the values of the fields that were sent. Unknown fields are ignored.

    :param partial: True if required fields may be missing (PATCH).
    :raises InvalidRequest: with every invalid field, in the order of `fields`.
    """
    faults: dict[str, list[str]] = {}
    values: dict[str, Any] = {}
    for field in fields:
        if field.name not in data:
            fault = REQUIRED if field.required and not partial else None
        else:
            fault = field.fault(data[field.name])
            values[field.name] = data[field.name]
        if fault:
            faults[field.name] = [fault]
    if faults:
        raise InvalidRequest(faults)
    return values


def read_parameters(
    fields: Iterable[InputField], query: Mapping[str, Sequence[str]], *, last_counts: bool = False
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Return the values of the query parameters that were sent, and the messages for the invalid ones.

    :param last_counts: True to use the last value of a parameter that is given twice; else it is invalid.
    """
    faults: dict[str, list[str]] = {}
    values: dict[str, Any] = {}
    for field in fields:
        texts = query.get(field.name, [])
        if len(texts) > 1 and not (last_counts or field.is_repeatable):
            faults[field.name] = [GIVEN_TWICE]
        elif texts:
            values[field.name] = field.read(texts)
            if fault := field.fault(values[field.name]):
                faults[field.name] = [fault]
        elif field.required:
            faults[field.name] = [REQUIRED]
    return values, faults
