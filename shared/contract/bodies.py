"""Every body that goes out, field by field in the order of the wire (docs/contract.md, section 5).

`render` gives the body; the OpenAPI components are built from the same declarations.
"""

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


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a body; always present, null only where `nullable`."""

    name: str
    kind: Kind
    help: str
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """A body: its component name in `openapi.yaml` and its fields in order."""

    name: str
    fields: tuple[Field, ...]

    def render(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Give the body for these values.

        :raises ValueError: where a key is missing or left over; a body is never half one.
        """
        names = [field.name for field in self.fields]
        if set(names) != set(values):
            raise ValueError(f"{self.name} has the keys {names}, not {sorted(values)}")
        return {name: _on_the_wire(values[name]) for name in names}


def _on_the_wire(value: Any) -> Any:
    return rfc3339(value) if isinstance(value, datetime) else value


_USER_FIELDS = (
    Field("id", Kind.INTEGER, "The user's id."),
    Field("username", Kind.STRING, "The user's name; it never changes."),
    Field("email", Kind.STRING, "E-mail address; empty when not known."),
    Field("first_name", Kind.STRING, "First name; empty when not known."),
    Field("last_name", Kind.STRING, "Last name; empty when not known."),
    Field("resource_uri", Kind.URI, "Path of this object."),
)

USER = Shape("User", _USER_FIELDS)

SIGN_IN = Shape(
    "SignIn",
    (
        *_USER_FIELDS,
        Field("provider", Kind.STRING, "The provider that vouched for the person."),
        Field(
            "outcome",
            Kind.STRING,
            "`created` (a new user), `signed_in` (a known identity) or `linked` (the identity is now the caller's).",
        ),
        Field("token", Kind.STRING, "The new credential; null when the call had one already.", nullable=True),
        Field(
            "token_expires_at",
            Kind.TIME,
            "When the credential expires unless it is used; null when there is no new one.",
            nullable=True,
        ),
    ),
)

SOCIAL_ACCOUNT = Shape(
    "SocialAccount",
    (
        Field("id", Kind.INTEGER, "The id of the linked identity."),
        Field("provider", Kind.STRING, "The provider that vouches for it."),
        Field("uid", Kind.STRING, "The provider's own id of the person."),
        Field("created", Kind.TIME, "When it was linked."),
        Field("resource_uri", Kind.URI, "Path of this object."),
    ),
)

TOKEN = Shape(
    "Token",
    (
        Field("id", Kind.INTEGER, "The id of the credential; never the credential itself."),
        Field("created", Kind.TIME, "When it was issued."),
        Field("last_used", Kind.TIME, "When it was last used, to the hour."),
        Field("expires_at", Kind.TIME, "When it expires unless it is used; null for never.", nullable=True),
        Field("current", Kind.BOOLEAN, "Whether this very call was made with it."),
        Field("resource_uri", Kind.URI, "Path of this object."),
    ),
)

PROVIDER = Shape(
    "Provider",
    (
        Field("name", Kind.STRING, "What to send as `provider`."),
        Field("protocol", Kind.STRING, "`oauth2` or `oauth1`."),
        Field("accepts", Kind.CREDENTIAL_SETS, "The sets of token fields, one of which proves a person."),
    ),
)


def rfc3339(moment: datetime | None) -> str | None:
    """Write an aware moment as the contract does, cut to the second; None stays None."""
    if moment is None:
        return None
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
