"""The sample exchanges of docs/contract.md, section 5; the tests, the OpenAPI examples and the docs read them here.

`{api}` stands for the prefix of a version, `/api/v2/`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

API = "{api}"

_USER = {
    "id": 7,
    "username": "ripley",
    "email": "ripley@example.com",
    "first_name": "Ellen",
    "last_name": "Ripley",
    "resource_uri": "{api}user/7/",
}
_ACCOUNT = {
    "id": 3,
    "provider": "facebook",
    "uid": "10011",
    "created": "2026-11-23T20:00:00Z",
    "resource_uri": "{api}social_account/3/",
}
_TOKEN = {
    "id": 5,
    "created": "2026-11-23T20:00:00Z",
    "last_used": "2026-11-23T20:00:00Z",
    "expires_at": None,
    "current": True,
    "resource_uri": "{api}token/5/",
}


def _list(*objects: Mapping[str, Any]) -> dict[str, Any]:
    meta = {"limit": 20, "next": None, "offset": 0, "previous": None, "total_count": len(objects)}
    return {"meta": meta, "objects": list(objects)}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer; `path` is relative to the API's root."""

    operation: str
    method: str
    path: str
    status: int
    body: Mapping[str, Any] | None
    request: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def body_below(self, prefix: str) -> Any:
        """Give the answer's body as the version mounted at `prefix` gives it."""
        return json.loads(json.dumps(self.body).replace(API, prefix))

    def headers_below(self, prefix: str) -> dict[str, str]:
        """Give the answer's headers likewise."""
        return cast(dict[str, str], json.loads(json.dumps(dict(self.headers)).replace(API, prefix)))


EXCHANGES = (
    Exchange(
        "signUp",
        "POST",
        "social_sign_up/",
        201,
        {
            **_USER,
            "provider": "facebook",
            "outcome": "created",
            "token": "Jm6XWfQp8vY2nD4sK1hTz7RbLc9EaGu3oVxN5iMqyPw",
            "token_expires_at": "2027-02-21T20:00:00Z",
        },
        request={"provider": "facebook", "access_token": "EAAGm0PX4ZCpsBAKZCk"},
        headers={"Location": "{api}user/7/"},
    ),
    Exchange("listUsers", "GET", "user/", 200, _list(_USER)),
    Exchange("getUser", "GET", "user/7/", 200, _USER),
    Exchange("listSocialAccounts", "GET", "social_account/", 200, _list(_ACCOUNT)),
    Exchange("getSocialAccount", "GET", "social_account/3/", 200, _ACCOUNT),
    Exchange("deleteSocialAccount", "DELETE", "social_account/3/", 204, None),
    Exchange("listTokens", "GET", "token/", 200, _list(_TOKEN)),
    Exchange("getToken", "GET", "token/5/", 200, _TOKEN),
    Exchange("getCurrentToken", "GET", "token/current/", 200, _TOKEN),
    Exchange("deleteCurrentToken", "DELETE", "token/current/", 204, None),
    Exchange("deleteToken", "DELETE", "token/5/", 204, None),
    Exchange(
        "listProviders",
        "GET",
        "provider/",
        200,
        _list(
            {"name": "facebook", "protocol": "oauth2", "accepts": [["access_token"], ["id_token"]]},
            {"name": "twitter", "protocol": "oauth1", "accepts": [["access_token", "access_token_secret"]]},
        ),
    ),
    Exchange(
        "listResources",
        "GET",
        "",
        200,
        {
            "provider": {"list_endpoint": "{api}provider/"},
            "social_account": {"list_endpoint": "{api}social_account/"},
            "social_sign_up": {"list_endpoint": "{api}social_sign_up/"},
            "token": {"list_endpoint": "{api}token/"},
            "user": {"list_endpoint": "{api}user/"},
        },
    ),
)
