"""An answer before a framework renders it: status, body, headers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """What both adapters turn into their framework's response.

    `body` is None for an answer without a body; keys stand in the order of the wire.
    """

    status: int
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def ok(body: Mapping[str, Any]) -> Reply:
    """Return a 200 with a body."""
    return Reply(200, body)


def created(body: Mapping[str, Any], *, location: str) -> Reply:
    """Return a 201 with the `Location` of the new object."""
    return Reply(201, body, {"Location": location})


def no_content(headers: Mapping[str, str] | None = None) -> Reply:
    """Return a 204 without a body."""
    return Reply(204, None, headers or {})
