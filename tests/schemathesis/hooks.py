"""Hooks for Schemathesis: real provider tokens, and the credentials of the caller.

Schemathesis imports this module in its own process (`SCHEMATHESIS_HOOKS`); all values come from the environment.
"""

import json
import os
from typing import Any
from zlib import crc32

import requests
import schemathesis
from schemathesis import AuthContext, Case, GenerationMode, HookContext

SIGN_UPS: list[dict[str, Any]] = json.loads(os.environ.get("SIGN_UPS", "[]"))
"""Bodies of sign-ups that a provider accepts."""
SIGN_IN_AT = os.environ.get("SIGN_IN_AT")
"""The URL that issues a new token for each call; unset for calls without credentials and for users of Schemathesis."""


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Put a real token into every other valid sign-up, chosen by its content so that a replay chooses the same.

    Without this the provider would refuse every generated sign-up.
    """
    if case.operation.label != "POST /social_sign_up/" or not isinstance(case.body, dict):
        return
    if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return
    chosen = crc32(repr(case.body).encode("utf-8", "surrogatepass"))
    if chosen % 2 == 0:
        case.body = SIGN_UPS[chosen // 2 % len(SIGN_UPS)]


if "FOLLOWS_LINKS" in os.environ:

    @schemathesis.hook
    def map_query(context: HookContext, query: dict[str, Any] | None) -> dict[str, Any] | None:
        """Remove `offset`, as a page after the end of a list has no links."""
        return {name: value for name, value in query.items() if name != "offset"} if query else query


if SIGN_IN_AT:

    @schemathesis.auth(refresh_interval=None)
    class NewToken:
        """Credentials of the first user, with a token that no earlier call can have revoked."""

        def get(self, case: Case[Any], context: AuthContext) -> str:
            """Sign in and return the token."""
            answer = requests.post(str(SIGN_IN_AT), json=SIGN_UPS[0], timeout=30)
            answer.raise_for_status()
            token: str = answer.json()["token"]
            return token

        def set(self, case: Case[Any], data: str, context: AuthContext) -> None:
            """Set the Authorization header."""
            case.headers["Authorization"] = f"Bearer {data}"
