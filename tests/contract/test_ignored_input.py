"""docs/contract.md, sections 1 and 2: parts of a request that have no effect."""

import json

import pytest

from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient
from tests.contract.users import PROFILES, all_rows, person
from tests.providers import Providers

ACCEPTS = [
    "",
    "*/*",
    "application/json",
    "application/json;q=0",
    "text/html",
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "application/xml",
    "text/yaml",
    "application/x-plist",
    "text/javascript",
    "application/json; version=9",
    "application/vnd.api+json",
    "nonsense",
    ";;;,,,",
    "*/*;q=x",
]
QUERIES = [
    "format=xml",
    "format=yaml",
    "format=html",
    "format=api",
    "format=jsonp&callback=steal",
    "callback=steal",
    "username=ripley",
    "API_KEY=abc",
    "api-key=abc",
    "apikey=abc",
    "version=9",
    "search=x&ordering=-id&page=2&page_size=1&order_by=id&cursor=x",
    "name=facebook&name__startswith=f",
    "_method=DELETE",
    "q=%zz%ff%00",
    "&&&=&;=;a;b",
    "&".join(f"p{number}=" for number in range(2000)),
]


@pytest.mark.parametrize("accept", ACCEPTS)
def test_accept_is_ignored(api: ApiClient, accept: str) -> None:
    """Answers and errors have one representation, so Accept has no effect."""
    plain, asked = api.get("provider/"), api.get("provider/", headers={"Accept": accept})
    assert (asked.status_code, asked["Content-Type"], asked.content) == (200, "application/json", plain.content)
    assert_error(api.get("nothing/", headers={"Accept": accept}), "not_found")
    assert_error(api.get("user/", headers={"Accept": accept}), "not_authenticated")


@pytest.mark.threat(10)
@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:30])
def test_unknown_parameters_are_ignored(api: ApiClient, query: str) -> None:
    """An unknown query parameter has no effect, even if a framework uses its name."""
    for path in ("", "provider/"):
        plain, asked = api.get(path), api.get(f"{path}?{query}")
        assert (asked.status_code, asked["Content-Type"], asked.content) == (200, "application/json", plain.content)
    assert_error(api.post(f"social_sign_up/?{query}", {"provider": "nobody"}), "unknown_provider")


@pytest.mark.parametrize("language", ["de", "fr-CH, fr;q=0.9", "*"])
def test_accept_language_is_ignored(api: ApiClient, language: str) -> None:
    """Texts are English, whatever the Accept-Language."""
    response = api.post("social_sign_up/", {}, headers={"Accept-Language": language})
    required = {"provider": "This field is required.", "access_token": "This field is required."}
    assert_error(response, "invalid_request", fields=required)


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("override", ["DELETE", "delete", "OPTIONS", "PATCH", "NONSENSE"])
def test_method_overrides_are_ignored(api: ApiClient, method: str, override: str) -> None:
    """The method is the one of the request line; override headers and parameters have no effect."""
    ripley = person()
    headers = {"X-HTTP-Method-Override": override, "X-HTTP-Method": override, "X-Method-Override": override}
    response = api.call(method, f"token/{ripley.row.pk}/?_method={override}", token=ripley.token, headers=headers)
    if method == "GET":
        assert (response.status_code, response.json()["id"]) == (200, ripley.row.pk)
    else:
        assert_error(response, "method_not_allowed", allow="GET, HEAD, DELETE, OPTIONS")
    assert api.get("token/current/", token=ripley.token).status_code == 200


@pytest.mark.threat(10)
@pytest.mark.django_db
@pytest.mark.parametrize(
    "extra",
    [
        {"x": None},
        {"": 0},
        {"provider ": "github", "Provider": "github"},
        {"is_staff": True, "is_superuser": True, "is_active": False, "id": 1, "pk": 1},
        {"username": "owner", "email": "owner@example.com", "details": {"email": "owner@example.com"}},
        {"deep": [[{"a": [1.5, "é", {"b": None}]}]]},
    ],
    ids=lambda extra: next(iter(extra)) or "empty key",
)
def test_unknown_fields_are_ignored(api: ApiClient, providers: Providers, extra: dict[str, object]) -> None:
    """A field that is not in the table has no effect."""
    fields = providers.knows("facebook", "t", **PROFILES["facebook"])
    response = api.sign_up({**extra, **fields})
    assert (response.status_code, response.json()["email"]) == (201, "ripley@example.com")
    [user] = all_rows()["auth.User"]
    assert (user["username"], user["email"]) == ("EllenRipley", "ripley@example.com")
    assert (user["is_staff"], user["is_superuser"], user["is_active"]) == (False, False, True)
    assert "owner" not in json.dumps(list(all_rows().values()), default=str)


@pytest.mark.threat(11)
@pytest.mark.django_db
@pytest.mark.parametrize("origin", [None, "https://evil.example.com", "null"])
def test_cookies_are_ignored(api: ApiClient, origin: str | None) -> None:
    """A cookie authenticates nobody, and no answer sets one."""
    ripley = person(is_superuser=True, is_staff=True)
    cookies = f"sessionid={ripley.token}; csrftoken=abc; token={ripley.token}; Authorization=Bearer {ripley.token}"
    headers = {"Cookie": cookies, **({"Origin": origin} if origin else {})}
    assert_error(api.get("user/", headers=headers), "not_authenticated")
    assert_error(api.delete("token/current/", headers=headers), "not_authenticated")
    response = api.post("social_sign_up/", {"provider": "nobody"}, headers=headers)
    assert_error(response, "unknown_provider")
