"""An answer before a framework renders it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """The status, body and headers of an answer.

    `body` is None for an answer without a body. Its keys are in the order in which they are sent.
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
