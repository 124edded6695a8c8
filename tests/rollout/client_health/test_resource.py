"""`GET /api/v2/client_health/`: its body, and the checks and errors of the contract."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client, override_settings
from django.utils import timezone
from psycopg import errors
from pytest_django import DjangoAssertNumQueries, Settings

from rollout.client_health.keys import renew_key
from rollout.ledger import process
from rollout.ledger.process import Ledger
from rollout.models import Brownout, ClientTeam, DailyCalls
from shared.http.urls import api_urls
from social import limits
from tests.contract.answers import COMMON, Response, assert_error, assert_headers, assert_wrong_host
from tests.contract.conftest import HOST, ApiClient, api
from tests.contract.users import person
from tests.rollout.client_health.conftest import NOW, Team, a_team, ago, record
from tests.rollout.conftest import moment, v1, v2
from tests.rollout.mounted import V1_IS_MOUNTED

__all__ = ["api", "v1", "v2"]
pytestmark = pytest.mark.django_db

PATH = "client_health/"
ALLOW = "GET, HEAD, OPTIONS"


@pytest.fixture
def team() -> Team:
    return a_team()


@pytest.fixture
def _frozen(monkeypatch: pytest.MonkeyPatch, saved: None) -> None:
    monkeypatch.setattr("rollout.client_health.views.timezone.now", lambda: NOW)


@pytest.mark.usefixtures("_frozen")
@override_settings(V1_DEPRECATED_AT=moment("2026-11-01T00:00:00"), V1_SUNSET_AT=moment("2099-02-01T00:00:00"))
def test_the_whole_body(v2: ApiClient, team: Team) -> None:
    """Calls of both versions by version of the client and by resource, last uses, dates, and what to change."""
    record(ago(0), "v1", 5)
    record(ago(29), "v1", 2, resource="token", client="ShopApp/2.2")
    record(ago(29), "v1", 3, resource="token", client="ShopApp/2.2", outcome="version_retired")
    record(ago(30), "v1", 1000, resource="provider")
    record(ago(90), "v1", 1000, resource="social_account")
    record(ago(1), "v2", 30, client="ShopApp")
    record(ago(1), "v2", 1000, client="ShopApp", resource="unknown")
    for other in ("ShopApp-Android/1", "shopapp/2.1", "Shop/2.1", "ShopApp2/1"):
        record(ago(0), "v1", 1000, client=other)
    start = moment("2099-01-01T10:00:00")
    for client in ("ShopApp/2.1", "Other"):
        Brownout.objects.create(start=start, end=start + timedelta(minutes=15), share=25, client=client)
    found = v2.get(PATH, headers=team.authorization)
    assert found.status_code == 200
    unused = {"calls": 0, "last_use": None}
    today, month, older = (ago(days).isoformat() for days in (0, 29, 30))
    assert found.json() == {
        "client": "ShopApp",
        "as_of": "2026-11-28T09:00:00Z",
        "days": 30,
        "old": {"version": "v1", "prefix": "/api/v1/", "calls": 10, "last_use": today, "refused": 3},
        "new": {"version": "v2", "prefix": "/api/v2/", "calls": 30, "last_use": ago(1).isoformat()},
        "share_moved": 0.75,
        "versions": [
            {"client": "ShopApp", "old": unused, "new": {"calls": 30, "last_use": ago(1).isoformat()}},
            {"client": "ShopApp/2.1", "old": {"calls": 5, "last_use": today}, "new": unused},
            {"client": "ShopApp/2.2", "old": {"calls": 5, "last_use": month}, "new": unused},
        ],
        "resources": [
            {"resource": "provider", "old": {"calls": 0, "last_use": older}, "new": unused},
            {"resource": "token", "old": {"calls": 5, "last_use": month}, "new": unused},
            {
                "resource": "user",
                "old": {"calls": 5, "last_use": today},
                "new": {"calls": 30, "last_use": ago(1).isoformat()},
            },
        ],
        "to_change": [
            {
                "resource": name,
                "old_path": f"/api/v1/{name}/",
                "new_path": f"/api/v2/{name}/",
                "calls": 5,
                "last_use": day,
            }
            for name, day in (("token", month), ("user", today))
        ],
        "deprecated_at": "2026-11-01T00:00:00Z",
        "sunset_at": "2099-02-01T00:00:00Z",
        "guide": None,
        "brownouts": [
            {"start": "2099-01-01T10:00:00Z", "end": "2099-01-01T10:15:00Z", "share": 25, "client": "ShopApp/2.1"}
        ],
    }
    length = {"Content-Type": "application/json", "Content-Length": str(len(found.content))}
    assert_headers(found, {**COMMON, **length}, new=("X-Request-ID",))
    assert found.content == json.dumps(found.json(), separators=(",", ":")).encode()


def test_a_client_without_calls(v2: ApiClient, team: Team) -> None:
    """Nothing is recorded and no date is set: zeros, nulls and empty lists."""
    body = v2.get(PATH, headers=team.authorization).json()
    assert (body["old"]["calls"], body["new"]["last_use"], body["share_moved"]) == (0, None, None)
    assert [body[name] for name in ("versions", "resources", "to_change", "brownouts")] == [[]] * 4
    assert (body["sunset_at"], body["guide"]) == (None, None)


def test_a_resource_of_a_project(v2: ApiClient, team: Team) -> None:
    """Its path is not known."""
    record(timezone.now().date(), "v1", 1, resource="article")
    (change,) = v2.get(PATH, headers=team.authorization).json()["to_change"]
    assert (change["resource"], change["old_path"], change["new_path"]) == ("article", None, None)


REFUSED = {
    "none": ({}, "not_authenticated"),
    "unknown": ({"Authorization": "Bearer ck_unknown"}, "invalid_credentials"),
    "malformed": ({"Authorization": "Basic x"}, "invalid_credentials"),
    "a user name": ({"Authorization": "ApiKey ripley:{key}"}, "invalid_credentials"),
    "an access token": ({"Authorization": "Bearer {token}"}, "invalid_credentials"),
}


@pytest.mark.parametrize(("headers", "code"), REFUSED.values(), ids=REFUSED)
def test_a_key_is_required(v2: ApiClient, team: Team, headers: dict[str, str], code: str) -> None:
    """Also of users who have an access token; the error is the contract's, to the byte."""
    given = {name: text.format(key=team.key, token=person().token) for name, text in headers.items()}
    for method in ("GET", "HEAD"):
        assert_error(v2.call(method, PATH, headers=given), code)


@pytest.mark.threat(50)
def test_no_key_is_logged(v2: ApiClient, team: Team, caplog: pytest.LogCaptureFixture) -> None:
    """Neither a right one nor a wrong one, whose line has the cause; the database has its digest only."""
    caplog.set_level("DEBUG")
    assert v2.get(PATH, headers=team.authorization).status_code == 200
    assert v2.get(PATH, token=team.key[:-1]).status_code == 401
    assert caplog.records[-1].getMessage().endswith("outcome=invalid_credentials address=127.0.0.1 reason=unknown_key")
    assert team.key[:-1] not in caplog.text
    assert team.key not in str(ClientTeam.objects.values())


@pytest.mark.threat(50)
def test_a_key_is_no_access_token(api: ApiClient, team: Team) -> None:
    """The APIs refuse it."""
    assert_error(api.get("user/", headers=team.authorization), "invalid_credentials")


def test_a_replaced_key(v2: ApiClient, team: Team) -> None:
    """The old one stops working at once."""
    key = renew_key(team.row)
    team.row.save()
    assert_error(v2.get(PATH, headers=team.authorization), "invalid_credentials")
    assert v2.get(PATH, token=key).status_code == 200


def test_the_order_of_checks(v2: ApiClient, team: Team) -> None:
    """As docs/contract.md, section 1, has it: Host, OPTIONS, method, key in the URL, credentials."""
    assert_wrong_host(v2.call("PUT", PATH, HTTP_HOST="evil.example.com"))
    options = v2.call("OPTIONS", f"{PATH}?api_key=x", headers={"Authorization": "Basic x"})
    assert (options.status_code, options.content, options["Allow"]) == (204, b"", ALLOW)
    for method in ("POST", "PUT", "DELETE", "BREW"):
        assert_error(v2.call(method, f"{PATH}?api_key=x"), "method_not_allowed", allow=ALLOW)
    assert_error(v2.get(f"{PATH}?api_key=x", headers={"Authorization": "Basic x"}), "credentials_in_url")
    assert v2.get("client_health", headers=team.authorization).status_code == 200
    head = v2.call("HEAD", PATH, headers=team.authorization)
    assert (head.status_code, head.content, int(head["Content-Length"]) > 100) == (200, b"", True)


@pytest.fixture
def _limits(settings: Settings) -> Any:
    settings.THROTTLE_ANONYMOUS, settings.THROTTLE_USER = "2/minute", None
    limits._local.cache_clear()
    yield
    limits._local.cache_clear()


@pytest.mark.usefixtures("_limits")
def test_its_limits(v2: ApiClient, team: Team) -> None:
    """Wrong keys count for the address, as wrong access tokens do; each team has such a budget of its own."""
    wrong = {"Authorization": "Bearer wrong"}
    codes = [v2.get(PATH, headers=wrong).json()["code"] for _ in range(3)]
    assert codes == ["invalid_credentials", "invalid_credentials", "throttled"]
    assert_error(v2.get("user/", headers=wrong), "throttled")
    for one in (team, a_team("Other")):
        assert [v2.get(PATH, headers=one.authorization).status_code for _ in range(3)] == [200, 200, 429]


def test_v1_does_not_have_it(v1: ApiClient, team: Team) -> None:
    """The path is unknown there, as before."""
    assert_error(v1.get(PATH, headers=team.authorization), "not_found")


def test_it_is_not_part_of_the_api(v2: ApiClient, team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    """The root listing and `openapi.yaml` do not have it, and no call of it is counted, refused ones included."""
    ledger = Ledger()
    monkeypatch.setattr(process, "_ledger", ledger)
    assert v2.get(PATH, headers=team.authorization).status_code == 200
    assert v2.get(PATH).status_code == 401
    assert not ledger.counter.take().calls
    assert "client_health" not in v2.get("").json()
    assert b"client_health" not in v2.get("openapi.yaml").content


@V1_IS_MOUNTED
def test_nothing_changes_without_v1(team: Team) -> None:
    """When the older API is deleted, its prefix answers 410, and the report is the same."""
    record(timezone.now().date(), "v1", 5)

    def answer() -> Response:
        return Client(SERVER_NAME=HOST).get("/api/v2/client_health/", headers=team.authorization)

    before = answer().json()
    last = dict([list(settings.APIS.items())[-1]])
    with override_settings(APIS=last, RETIRED_APIS={"deleted": "api/v1/"}):
        after = answer().json()
        assert after.pop("as_of") >= before.pop("as_of")
        assert after == before


@pytest.mark.django_db
def test_in_a_project(team: Team) -> None:
    """It is below the prefix of the project's current API, the page where the project wants it."""
    prefixes = dict(zip(settings.APIS, ("rest/1.0/", "rest/2.0/")[-len(settings.APIS) :], strict=True))
    with override_settings(APIS=prefixes, RETIRED_APIS={}, APPEND_SLASH=True):
        from rollout.client_health.urls import client_health_urls  # noqa: PLC0415 - with these settings

        with override_settings(ROOT_URLCONF=(*client_health_urls(page="partners/"), *api_urls())):
            client = Client(SERVER_NAME=HOST)
            found = client.get("/rest/2.0/client_health", headers=team.authorization)
            assert (found.status_code, found["Cache-Control"]) == (200, "no-store")
            assert found.json()["new"]["prefix"] == "/rest/2.0/"
            assert 'data-resource="/rest/2.0/client_health/"' in client.get("/partners/").content.decode()


def test_beside_a_projects_middleware(team: Team) -> None:
    """Django's cache of the whole site stores no report, and a login is not required."""
    cached = [
        "django.middleware.cache.UpdateCacheMiddleware",
        *settings.MIDDLEWARE,
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
        "django.middleware.cache.FetchFromCacheMiddleware",
    ]
    with override_settings(MIDDLEWARE=cached):
        client = Client(SERVER_NAME=HOST)
        for one in (team, a_team("Other"), team):
            assert client.get("/api/v2/client_health/", headers=one.authorization).json()["client"] == one.row.name
        assert client.get("/api/v2/client_health/").status_code == 401
        assert client.get("/clients/").status_code == 200


def test_an_unavailable_database(v2: ApiClient, team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 503, any other exception 500, with the envelope."""

    def fail(error: Exception) -> Any:
        raise error

    away = OperationalError()
    away.__cause__ = errors.AdminShutdown()
    for error, code in ((away, "service_unavailable"), (RuntimeError("secret"), "internal_error")):
        monkeypatch.setattr("rollout.client_health.views.report", lambda *_, error=error: fail(error))
        assert_error(v2.get(PATH, headers=team.authorization), code)


def test_its_queries_do_not_grow(
    v2: ApiClient, team: Team, saved: None, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """One for the key, one for the calls, two for the plan, however many days, clients and resources there are."""
    today = timezone.now().date()
    DailyCalls.objects.bulk_create(
        DailyCalls(
            day=today - timedelta(days=day), version=version, client=client, resource=resource, outcome="ok", calls=1
        )
        for day in range(40)
        for version in ("v1", "v2")
        for client in ("ShopApp/1", "ShopApp/2", "ShopApp/3", "Other/1")
        for resource in ("user", "token", "provider")
    )
    with django_assert_max_num_queries(4):
        body = v2.get(PATH, headers=team.authorization).json()
    assert (len(body["versions"]), body["old"]["calls"]) == (3, 3 * 3 * 30)
