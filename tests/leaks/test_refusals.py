"""The lines of refused sign-ups hold their causes, and no secret (docs/threats.md, row 29)."""

import io
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from pytest_django import Settings

from tests.contract.conftest import ApiClient
from tests.contract.users import person
from tests.leaks.canaries import Search, planted, planted_verifier
from tests.providers import Providers, json_answer

pytestmark = [pytest.mark.django_db, pytest.mark.threat(29)]

HERE = "https://app.example.com/callback"


def pair() -> dict[str, Any]:
    return {"provider": "twitter", "access_token": planted("token"), "access_token_secret": planted("secret")}


def access_token() -> dict[str, Any]:
    return {"provider": "facebook", "access_token": planted("token"), "first_name": planted("name")}


def code() -> dict[str, Any]:
    verifier = planted_verifier()
    return {"provider": "github", "code": planted("code"), "redirect_uri": HERE, "code_verifier": verifier}


def id_token() -> dict[str, Any]:
    claims = {"sub": planted("sub"), "email": planted("email"), "nonce": planted("claim")}
    token = jwt.encode(claims, "k" * 32, headers={"kid": planted("kid")})
    return {"provider": "google-oauth2", "id_token": token, "nonce": planted("nonce")}


def unknown_provider() -> dict[str, Any]:
    return {"provider": planted("p")[:32], "access_token": planted("token")}


def wrong_fields() -> dict[str, Any]:
    return {"provider": "facebook", "access_token": [planted("list")], planted("name"): planted("value")}


CREDENTIALS = (pair, access_token, code, id_token, unknown_provider, wrong_fields)
PLACES: dict[str, Callable[[], dict[str, Any]]] = {
    "a header": lambda: {"HTTP_X_CLIENT": planted("client"), "HTTP_USER_AGENT": planted("agent")},
    "the Host": lambda: {"HTTP_HOST": planted("host").partition("~")[0]},
    "the query": lambda: {"QUERY_STRING": f"api_key={planted('query')}"},
    "Authorization": lambda: {"HTTP_AUTHORIZATION": f"Bearer {planted('authorization')}"},
    "the forwarded address": lambda: {"HTTP_X_FORWARDED_FOR": planted("address")},
    "the request's id": lambda: {"HTTP_X_REQUEST_ID": planted("id")},
}


@pytest.mark.parametrize("credential", CREDENTIALS)
def test_a_refused_sign_up_leaves_no_secret_in_its_line(
    api: ApiClient, providers: Providers, settings: Settings, log: io.StringIO, credential: Callable[[], dict[str, Any]]
) -> None:
    """Wherever the secret is, and whatever a provider repeats: in both formats, with all loggers at DEBUG."""
    settings.TRUSTED_PROXIES = 1
    settings.SOCIAL_AUTH_GITHUB_REDIRECT_URIS = HERE
    search = Search()
    search.note(ripley := person().token)
    fields = credential()
    search.note(*(value for value in fields.values() if isinstance(value, str) and len(value) > 32))
    echo = {"error": {"message": str(fields), "code": str(fields)}, "error_description": str(fields)}
    for step in ("facebook", "twitter", "github", "google-oauth2"):
        providers.answers(step, json_answer(400, echo))
    calls = {name: api.sign_up(fields, **more()) for name, more in PLACES.items()}
    calls["a link"] = api.sign_up(fields, token=ripley)
    text = log.getvalue()
    assert {name for name, answer in calls.items() if answer.status_code < 400} == set()
    for answer in calls.values():
        lines = [line for line in text.splitlines() if answer["X-Request-ID"] in line and "tandem.access" in line]
        assert len(lines) == 2, "one line in each format"
        assert all(answer.json()["code"] in line for line in lines)
    assert search.finds(text) == []
