"""The declaration of answer bodies, and how their values are written (docs/contract.md, sections 1 and 5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import cached_property
from typing import Any
from uuid import UUID


class Kind(Enum):
    """The type of a field in an answer."""

    INTEGER = "integer"
    USER_ID = "integer, or text if the key of the project's user model is none"
    STRING = "string"
    BOOLEAN = "boolean"
    TIME = "time"
    URI = "uri"
    CREDENTIAL_SETS = "list of lists of field names"
    LISTING = "object with the path of a list"
    NUMBER = "number"
    DECIMAL = "decimal number as a string"
    DATE = "date"
    CLOCK = "time of day"
    UUID = "uuid"
    URIS = "list of paths"
    OBJECT = "object"
    OBJECTS = "list of objects"
    ANY = "any JSON value"


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a body. It is always present, and null only if `nullable`."""

    name: str
    kind: Kind
    help: str
    nullable: bool = False
    known: tuple[str, ...] = ()
    """The values that exist today. More may be added, so a client must accept others."""


@dataclass(frozen=True)
class Body:
    """A body: its component name in `openapi.yaml`, and its fields in the order in which they are sent."""

    name: str
    fields: tuple[Field, ...]
    help: str = ""

    @cached_property
    def names(self) -> dict[str, None]:
        """The names of the fields, as the keys of a dictionary: in order, and quickly compared."""
        return {field.name: None for field in self.fields}

    def render(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body for these values.

        :raises ValueError: a key is missing, or is not a field of the body.
        """
        if values.keys() != self.names.keys():
            raise ValueError(f"{self.name} has the keys {list(self.names)}, not {sorted(values)}")
        return {name: _wire_value(values[name]) for name in self.names}


def _wire_value(value: Any) -> Any:
    if isinstance(value, str | int):  # most values
        return value
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | UUID) else value


def rfc3339(moment: datetime | None) -> str | None:
    """Return an aware time in the contract's format: RFC 3339, UTC, `Z`, truncated to seconds. None stays None."""
    if moment is None:
        return None
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
