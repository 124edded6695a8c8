"""What Facebook's Graph answers about `token-<n>`: person n."""

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

_VERSION = re.compile(r"/v[0-9.]+(?=/)")
_PERSON = re.compile(r"token-([0-9]{1,18})")


def person(number: int) -> dict[str, Any]:
    """Give the profile of a person; no two have a name in common, which would cost the one that needs another."""
    return {
        "id": str(number),
        "name": f"Person{number} Example",
        "first_name": f"Person{number}",
        "last_name": "Example",
        "email": f"person-{number}@example.com",
    }


def answer(target: str, app_id: str) -> tuple[int, dict[str, Any]]:
    """Give the status and the JSON of a GET.

    :param target: a request's path and query.
    """
    parts = urlsplit(target)
    path = _VERSION.sub("", parts.path, count=1).rstrip("/")
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if path == "/me":
        number = _number(query.get("access_token", ""))
        return _refusal() if number is None else (200, person(number))
    if path == "/debug_token":
        number = _number(query.get("input_token", ""))
        return _refusal() if number is None else (200, _checked(number, app_id))
    if path == "/oauth/access_token":
        token = query.get("fb_exchange_token", f"{app_id}|application")
        return 200, {"access_token": token, "token_type": "bearer", "expires_in": 5_184_000}
    return 404, {"error": {"message": "Unknown path components", "type": "OAuthException", "code": 2500}}


def _checked(number: int, app_id: str) -> dict[str, Any]:
    return {
        "data": {
            "app_id": app_id,
            "type": "USER",
            "application": "Benchmark",
            "expires_at": 0,
            "is_valid": True,
            "scopes": ["email", "public_profile"],
            "user_id": str(number),
        }
    }


def _refusal() -> tuple[int, dict[str, Any]]:
    return 400, {"error": {"message": "Invalid OAuth access token.", "type": "OAuthException", "code": 190}}


def _number(token: str) -> int | None:
    found = _PERSON.fullmatch(token)
    return int(found[1]) if found else None


def reply(status: int, body: dict[str, Any]) -> bytes:
    """Give the bytes of an HTTP answer on a connection that is kept."""
    payload = json.dumps(body, separators=(",", ":")).encode()
    kind = "Content-Type: application/json; charset=UTF-8"
    return f"HTTP/1.1 {status} -\r\n{kind}\r\nContent-Length: {len(payload)}\r\n\r\n".encode("ascii") + payload
