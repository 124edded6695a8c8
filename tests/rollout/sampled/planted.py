"""Bugs of one version, each put into the newer adapter, and what the check must say of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from rest_framework.response import Response

from api_v2 import views, wiring
from shared.contract import wire
from shared.contract.replies import Reply, no_content, ok
from social import limits, representations, tokens, users
from social.addresses import client_address


@dataclass(frozen=True)
class Bug:
    """How to plant it, what request meets it, and where the difference is to be seen."""

    plant: Callable[[pytest.MonkeyPatch], None]
    where: tuple[str, str]
    method: str = "GET"
    path: str = "user/{user}/"
    values: tuple[str, str] | None = None


def _body(change: Callable[[dict[str, Any]], Any]) -> Callable[[pytest.MonkeyPatch], None]:
    def get(view: Any, request: Any, id: str) -> Any:
        user = users.get_for(request.auth.user, id)
        return wiring.drf_response(ok(change(representations.user_body(user, view.prefix))))

    return lambda patch: patch.setattr(views.UserView, "get", get)


def _reply(**changed: Any) -> Callable[[pytest.MonkeyPatch], None]:
    def respond(reply: Reply) -> Any:
        given = {"status": reply.status, "body": reply.body, "headers": dict(reply.headers), **changed}
        return Response(given["body"], status=given["status"], headers=given["headers"])

    return lambda patch: patch.setattr(views, "drf_response", respond)


def _in(owner: Any, name: str, made: Callable[..., Any]) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setattr(owner, name, made)


def _raise(*args: Any) -> Any:
    raise KeyError("a word of the person's")


def _spaced(renderer: Any, data: Any, *args: Any) -> bytes:
    return wire.encode(data).replace(b",", b", ")


def _counting(times: int) -> Callable[..., bool]:
    def allow_request(throttle: Any, request: Any, view: Any) -> bool:
        for _ in range(times):
            limits.count_call(view.endpoint, request.auth, client_address(request.META))
        return True

    return allow_request


def _another_token(view: Any, request: Any, id: str) -> Any:
    caller = request.auth
    return wiring.drf_response(
        ok(representations.token_body(tokens.get_for(caller.user, "999"), view.prefix, current=caller))
    )


def _keeping_the_token(view: Any, request: Any) -> Any:
    return wiring.drf_response(no_content())


BUGS = {
    "a field left out": Bug(
        _body(lambda body: {name: value for name, value in body.items() if name != "last_name"}), ("body", "")
    ),
    "a text trimmed": Bug(
        _body(lambda body: {**body, "email": body["email"][:-1]}),
        ("body", "email"),
        values=("text of 18 characters", "text of 17 characters"),
    ),
    "a number as text": Bug(
        _body(lambda body: {**body, "id": str(body["id"])}), ("body", "id"), values=("number", "text of 1 characters")
    ),
    "another row": Bug(_body(lambda body: {**body, "id": 99}), ("body", "id"), values=("number", "number")),
    "null for empty": Bug(
        _body(lambda body: {**body, "first_name": None}),
        ("body", "first_name"),
        values=("text of 5 characters", "null"),
    ),
    "white space": Bug(_in(wiring.ContractRenderer, "render", _spaced), ("body", "")),
    "a status": Bug(_reply(status=203), ("status", ""), values=("200", "203")),
    "a header more": Bug(_reply(headers={"X-Powered-By": "x"}), ("header", "x-powered-by")),
    "an Allow": Bug(
        _reply(headers={"Allow": "GET"}),
        ("header", "allow"),
        method="OPTIONS",
        values=("text of 18 characters", "text of 3 characters"),
    ),
    "a page for an error": Bug(
        _in(views.UserView, "get", lambda *args, **kwargs: Response(status=200)), ("header", "content-type")
    ),
    "a failure": Bug(_in(views.UserView, "get", lambda *args, **kwargs: _raise()), ("status", "")),
    "another question": Bug(
        _in(views.TokenView, "get", _another_token), ("service", "social.tokens.get_for"), path="token/{token}/"
    ),
    "not counted": Bug(
        _in(wiring.ContractThrottle, "allow_request", _counting(0)), ("service", "social.limits.count_call")
    ),
    "counted twice": Bug(
        _in(wiring.ContractThrottle, "allow_request", _counting(2)), ("service", "social.limits.count_call")
    ),
    "not revoked": Bug(
        _in(views.CurrentTokenView, "delete", _keeping_the_token),
        ("service", "social.tokens.revoke"),
        method="DELETE",
        path="token/current/",
    ),
}
