"""docs/contract.md, section 1: only the checked fields of a request reach a provider or a row."""

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.contract.conftest import ApiClient
from tests.contract.users import PROFILES, all_rows
from tests.providers import Providers

pytestmark = pytest.mark.django_db

CANARY = "canary"
EXTRA: dict[str, Any] = {
    "is_staff": True,
    "is_superuser": True,
    "is_active": False,
    "id": 1,
    "uid": CANARY,
    "user": {"id": CANARY},
    "user_id": 1,
    "username": CANARY,
    "email": f"{CANARY}@example.com",
    "details": {"username": CANARY, "email": f"{CANARY}@example.com"},
    "response": {"id": CANARY},
    "social": CANARY,
    "is_new": False,
    "new_association": False,
    "backend": CANARY,
    "pipeline": [CANARY],
    "strategy": CANARY,
    "granted_scopes": CANARY,
    "denied_scopes": CANARY,
    "oauth_verifier": CANARY,
    "oauth_token": CANARY,
    "oauth_callback": CANARY,
    "redirect_uri": "https://canary.example.com/",
    "redirect_state": CANARY,
    "state": CANARY,
    "code": CANARY,
    "error": CANARY,
    "denied": CANARY,
    "next": CANARY,
    "partial_token": CANARY,
    "api": CANARY,
    "fullname": CANARY,
    "extra_data": {"access_token": CANARY},
    "expires_in": 1,
}
EACH_PROVIDER = pytest.mark.parametrize("provider", PROFILES)


def sent_to_the_provider(providers: Providers, *, since: int = 0) -> list[tuple[Any, ...]]:
    """Return the parts of each call, without the values that OAuth 1 generates for each call.

    The list is sorted: a check and a profile are requested at the same time.

    :param since: the number of calls to skip.
    """
    seen: list[tuple[Any, ...]] = []
    for call in list(providers.calls)[since:]:
        parts = urlsplit(str(call.request.url))
        header = str(call.request.headers.get("Authorization", ""))
        names = sorted(part.split("=")[0].strip() for part in header.split(",")) if "OAuth " in header else header
        seen.append((call.request.method, parts.path, parse_qsl(parts.query), call.request.body, names))
    return sorted(seen, key=repr)


@pytest.mark.threat(10)
@EACH_PROVIDER
@pytest.mark.parametrize("way", ["body", "query", "headers", "cookies"])
def test_unknown_input_reaches_no_provider_and_no_row(
    api: ApiClient, providers: Providers, provider: str, way: str
) -> None:
    """The calls and rows are the same as without the unknown input."""
    fields = providers.knows(provider, "t", **PROFILES[provider])
    query = "&".join(f"{name}={CANARY}" for name in EXTRA)
    headers = {
        "Cookie": "; ".join(f"{name}={CANARY}" for name in [*EXTRA, "sessionid", f"{provider}_state"]),
        "X-Forwarded-Host": f"{CANARY}.example.com",
        "X-Forwarded-For": "203.0.113.7",
        "X-Forwarded-Proto": CANARY,
        "Referer": f"https://{CANARY}.example.com/",
        "Origin": f"https://{CANARY}.example.com",
        "User-Agent": CANARY,
    }
    if way == "cookies":
        headers = {"Cookie": headers["Cookie"]}
    body = {**EXTRA, **fields} if way == "body" else fields
    response = api.post(
        f"social_sign_up/?{query}" if way == "query" else "social_sign_up/",
        body,
        headers=headers if way in {"headers", "cookies"} else {},
    )
    assert response.status_code == 201
    odd = sent_to_the_provider(providers)
    assert CANARY not in json.dumps(odd, default=str) + response.content.decode()
    assert CANARY not in json.dumps(all_rows(), default=str)
    [user] = all_rows()["auth.User"]
    assert (user["is_staff"], user["is_superuser"], user["is_active"]) == (False, False, True)

    count = len(providers.calls)
    assert api.sign_up(fields).json()["outcome"] == "signed_in"
    assert sent_to_the_provider(providers, since=count) == odd


@pytest.mark.threat(10)
def test_facebook_does_not_use_the_names_of_the_request(api: ApiClient, providers: Providers) -> None:
    """`first_name` and `last_name` are only for providers that give the names to the app alone."""
    fields = providers.knows("facebook", "t", id="1", name="")
    body = api.sign_up({**fields, "first_name": "Canary", "last_name": "Canary"}).json()
    assert (body["first_name"], body["last_name"]) == ("", "")


@pytest.mark.threat(10)
def test_an_invalid_request_reaches_no_provider(api: ApiClient, providers: Providers) -> None:
    """A request that the contract refuses causes no provider call."""
    fields = providers.knows("facebook", "t", **PROFILES["facebook"])
    api.sign_up({**fields, "last_name": 7})
    api.sign_up(fields, headers={"Authorization": "Bearer nonsense"})
    api.post("social_sign_up/?api_key=x", fields)
    api.post("social_sign_up/", fields, content_type="text/plain")
    assert not providers.calls
