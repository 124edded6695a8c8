"""What an answer's body is made of: named fields in the order of the wire (docs/contract.md, section 5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any


class Kind(Enum):
    """What a field holds on the wire."""

    INTEGER = "integer"
    STRING = "string"
    BOOLEAN = "boolean"
    TIME = "time"
    URI = "uri"
    CREDENTIAL_SETS = "list of lists of field names"
    LISTING = "object with the path of a list"


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a body; always present, null only where `nullable`."""

    name: str
    kind: Kind
    help: str
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """A body: its component name in `openapi.yaml` and its fields in order."""

    name: str
    fields: tuple[Field, ...]

    def render(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body for these values.

        :raises ValueError: a key is missing or left over.
        """
        names = [field.name for field in self.fields]
        if set(names) != set(values):
            raise ValueError(f"{self.name} has the keys {names}, not {sorted(values)}")
        return {name: _on_the_wire(values[name]) for name in names}


def _on_the_wire(value: Any) -> Any:
    return rfc3339(value) if isinstance(value, datetime) else value


def rfc3339(moment: datetime | None) -> str | None:
    """Return an aware time as the contract writes it: RFC 3339, UTC, `Z`, cut to the second. None stays None."""
    if moment is None:
        return None
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
