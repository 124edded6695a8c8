"""Django responses made of replies, and the reply of a response."""

from django.http import HttpResponse
from django.http.response import HttpResponseBase

from shared.contract import wire
from shared.contract.answers import SIGN_IN_BODY
from shared.contract.replies import Reply

_SIGN_IN = frozenset(field.name for field in SIGN_IN_BODY.fields)


def django_response(reply: Reply) -> HttpResponse:
    """Return a reply as a plain Django response."""
    response = HttpResponse(
        b"" if reply.body is None else wire.encode(reply.body, reply.dialect),
        status=reply.status,
        content_type=wire.MEDIA_TYPE,
    )
    for name, value in reply.headers.items():
        response[name] = value
    if reply.body is None:
        del response["Content-Type"]
    response.contract_reply = reply  # type: ignore[attr-defined]  # `reply_of` reads it, for middleware
    return response


def reply_of(response: HttpResponseBase) -> Reply | None:
    """Return the reply that a response was made of, or None if it was not made of one."""
    return getattr(response, "contract_reply", None)


def is_sign_in(reply: Reply) -> bool:
    """Return True if a reply is that to a sign-up; the objects of a project's own resources may have an `outcome`."""
    return reply.body is not None and reply.body.keys() == _SIGN_IN


def outcome_of(reply: Reply) -> str:
    """Return the outcome for the log, the ledger and the metrics: of a sign-up, the code of an error, or `ok`."""
    body = reply.body or {}
    if reply.status >= 400:
        return str(body.get("code", "ok"))
    return str(body["outcome"]) if is_sign_in(reply) else "ok"
