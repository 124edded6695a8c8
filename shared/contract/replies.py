"""An answer before a framework has it: status, body, headers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.http.response import HttpResponseBase

_Response = TypeVar("_Response", bound=HttpResponseBase)


@dataclass(frozen=True, slots=True)
class Reply:
    """What both adapters turn into their framework's response.

    `body` is None for an answer without a body; keys stand in the order of the wire.
    """

    status: int
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def ok(body: Mapping[str, Any]) -> Reply:
    """200 with a body."""
    return Reply(200, body)


def created(body: Mapping[str, Any], *, location: str) -> Reply:
    """201 with the `Location` of what now exists."""
    return Reply(201, body, {"Location": location})


def no_content(headers: Mapping[str, str] | None = None) -> Reply:
    """204 without a body."""
    return Reply(204, None, headers or {})


def carrying(response: _Response, reply: Reply) -> _Response:
    """Give a framework's response with the reply it was made of, for those who look at answers on their way out."""
    response.contract_reply = reply  # type: ignore[attr-defined]  # Django's responses take notes like this one
    return response


def reply_of(response: HttpResponseBase) -> Reply | None:
    """Give the reply that a response was made of; None for what is no answer of the contract."""
    return getattr(response, "contract_reply", None)
