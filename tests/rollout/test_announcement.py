"""`Deprecation`, `Sunset` and `Link` on every answer of v1, and on no other answer."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import set_script_prefix
from social_django.models import UserSocialAuth

from rollout.lifecycle import Lifecycle
from tests.contract.answers import Response
from tests.contract.conftest import HOST, ApiClient
from tests.contract.users import PROFILES, person
from tests.differential.in_process import Service, environ_of
from tests.differential.messages import Message
from tests.providers import Providers
from tests.rollout.conftest import moment

NAMES = ("Deprecation", "Sunset", "Link")
GUIDE = "https://example.com/migrate?from=v1"
DATES = {"V1_DEPRECATED_AT": moment("2026-12-01T00:00:00"), "V1_SUNSET_AT": moment("2099-06-30T23:59:59")}
ANNOUNCED = override_settings(**DATES, V1_GUIDE_URL=GUIDE, V1_BROWNOUTS=[])
DEPRECATION = "@1796083200"
SUNSET = "Tue, 30 Jun 2099 23:59:59 GMT"


def expected(successor: str) -> dict[str, str]:
    """Return the three expected headers."""
    guide = f'<{GUIDE}>; rel="deprecation"; type="text/html", <{GUIDE}>; rel="sunset"; type="text/html"'
    return {
        "Deprecation": DEPRECATION,
        "Sunset": SUNSET,
        "Link": f'<{successor}>; rel="successor-version", {guide}',
    }


def announced(response: Response) -> dict[str, str]:
    """Return those of the three headers that an answer has."""
    return {name: response[name] for name in NAMES if name in response}


EVIL = {"HTTP_HOST": "evil.example.com"}
BAD = {"headers": {"Authorization": "Bearer nonsense"}}
CALLS: dict[str, tuple[int, str, str, dict[str, Any]]] = {
    "the root": (200, "GET", "", {}),
    "a list": (200, "GET", "provider/", {}),
    "a list by its query": (200, "GET", "provider/?limit=1&offset=0", {}),
    "one's own": (200, "GET", "user/1/", {"token": "{token}"}),
    "a disconnect": (204, "DELETE", "social_account/1/", {"token": "{token}"}),
    "a sign-out": (204, "DELETE", "token/current/", {"token": "{token}"}),
    "HEAD": (200, "HEAD", "provider/", {}),
    "OPTIONS": (204, "OPTIONS", "user/", {}),
    "no JSON": (400, "POST", "social_sign_up/", {"data": b"{", "content_type": "application/json"}),
    "a bad parameter": (400, "GET", "provider/?limit=x", {}),
    "a wrong Host": (400, "GET", "provider/", EVIL),
    "a wrong Host on no path": (400, "GET", "nowhere/", EVIL),
    "no credentials": (401, "GET", "user/", {}),
    "bad credentials": (401, "GET", "user/", BAD),
    "a key in the URL": (401, "GET", "user/?api_key=secret", {}),
    "no path": (404, "GET", "nowhere/", {}),
    "no row": (404, "GET", "user/99/", {"token": "{token}"}),
    "OPTIONS of no path": (404, "OPTIONS", "nowhere/", {}),
    "HEAD of no path": (404, "HEAD", "nowhere/", {}),
    "no method": (405, "PUT", "user/", {}),
    "too large": (413, "POST", "social_sign_up/", {"data": b" " * 70_000, "content_type": "application/json"}),
    "a media type": (415, "POST", "social_sign_up/", {"data": b"x", "content_type": "text/plain"}),
}


def called(api: ApiClient, call: tuple[int, str, str, dict[str, Any]]) -> Response:
    """Make a call as Ripley, whose user and linked identity have the id 1."""
    status, method, path, more = call
    ripley = person(pk=1)
    for pk, provider in enumerate(("facebook", "github"), start=1):
        UserSocialAuth.objects.create(pk=pk, user=ripley.user, provider=provider, uid="10011")
    given = {**more, "token": ripley.token} if "token" in more else more
    response = api.call(method, path, **given)
    assert response.status_code == status
    return response


@ANNOUNCED
@pytest.mark.django_db
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_every_answer_announces(v1: ApiClient, call: tuple[int, str, str, dict[str, Any]]) -> None:
    """Whatever its status, to the byte; the successor is the same path, without the query."""
    assert announced(called(v1, call)) == expected(f"/api/v2/{call[2].partition('?')[0]}")


@ANNOUNCED
@pytest.mark.threat(65)
@pytest.mark.parametrize("path", ["x" * (1500 - len("/api/v2/")), "%3C" * 497])
def test_the_successor_of_a_long_path_is_the_prefix(v1: ApiClient, path: str) -> None:
    """It is at most 1500 characters long, percent-encoded as it is sent."""
    assert announced(v1.get(path)) == expected(f"/api/v2/{path}")
    assert announced(v1.get(f"{path}x%3C")) == expected("/api/v2/")


@ANNOUNCED
@pytest.mark.django_db
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_the_newer_version_announces_nothing(v2: ApiClient, call: tuple[int, str, str, dict[str, Any]]) -> None:
    """Not on any answer."""
    assert announced(called(v2, call)) == {}


@ANNOUNCED
@pytest.mark.django_db
def test_a_sign_up_announces(v1: ApiClient, v2: ApiClient, providers: Providers) -> None:
    """A 201 too; its Location does not change."""
    fields = providers.knows("facebook", "good", **PROFILES["facebook"])
    response = v1.sign_up(fields)
    assert (response.status_code, announced(response)) == (201, expected("/api/v2/social_sign_up/"))
    assert response["Location"].startswith(v1.prefix)
    assert announced(v2.sign_up(fields)) == {}


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, set()),
        ({"V1_GUIDE_URL": GUIDE}, set()),
        ({"V1_BROWNOUTS": [(moment("2099-01-10T10:00:00"), timedelta(minutes=15))]}, set()),
        ({"V1_DEPRECATED_AT": DATES["V1_DEPRECATED_AT"]}, {"Deprecation", "Link"}),
        ({**DATES}, {"Deprecation", "Sunset", "Link"}),
    ],
    ids=["nothing", "a guide", "a brownout", "deprecated", "both dates"],
)
def test_undecided_dates_are_not_announced(v1: ApiClient, given: dict[str, Any], names: set[str]) -> None:
    """There is no header without a date, and no guide without its address."""
    nothing: dict[str, Any] = {"V1_DEPRECATED_AT": None, "V1_SUNSET_AT": None, "V1_GUIDE_URL": "", "V1_BROWNOUTS": []}
    with override_settings(**{**nothing, **given}):
        found = announced(v1.get("provider/"))
    assert found.keys() == names
    assert found.get("Link", "").count("rel=") == bool(names)


@pytest.mark.parametrize(
    ("date", "deprecation", "sunset"),
    [
        (datetime.min.replace(tzinfo=UTC), "@-62135596800", "Mon, 01 Jan 0001 00:00:00 GMT"),
        (datetime.max.replace(tzinfo=UTC), "@253402300799", "Fri, 31 Dec 9999 23:59:59 GMT"),
    ],
)
def test_the_ends_of_the_calendar(date: datetime, deprecation: str, sunset: str) -> None:
    """The admin accepts fractions of a second, and none is rounded up to a second that does not exist."""
    said = Lifecycle(deprecated_at=date, sunset_at=date)
    headers = said.headers(successor="/api/v2/")
    assert (headers["Deprecation"], headers["Sunset"]) == (deprecation, sunset)


@override_settings(V1_DEPRECATED_AT=DATES["V1_DEPRECATED_AT"], V1_SUNSET_AT=None, V1_GUIDE_URL=GUIDE, V1_BROWNOUTS=[])
def test_the_guide_has_a_relation_for_each_date(v1: ApiClient) -> None:
    """There is no `sunset` relation without a sunset."""
    link = f'</api/v2/>; rel="successor-version", <{GUIDE}>; rel="deprecation"; type="text/html"'
    assert announced(v1.get("")) == {"Deprecation": DEPRECATION, "Link": link}


@ANNOUNCED
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("target", "successor"),
    [
        ("", "/api/v2"),
        ("/", "/api/v2/"),
        ("/user", "/api/v2/user"),
        ("//user//", "/api/v2//user//"),
        ("/user/?api_key=secret&limit=1", "/api/v2/user/"),
        ("/nowhere/%3Fapi_key=secret/", "/api/v2/nowhere/%3Fapi_key%3Dsecret/"),
        ("/nowhere/%23part", "/api/v2/nowhere/%23part"),
        ("/zo%C3%AB/%20%22%3C%3E/", "/api/v2/zo%C3%AB/%20%22%3C%3E/"),
        ("/a%0D%0ASet-Cookie:%20x=1/", "/api/v2/a%0D%0ASet-Cookie:%20x%3D1/"),
        ("/a%00b/", "/api/v2/a%00b/"),
        ("/50%25/", "/api/v2/50%25/"),
        ("/%E2%80%AE/", "/api/v2/%E2%80%AE/"),
        ("/a%5Cb%7B%7C%7D%5E%60/", "/api/v2/a%5Cb%7B%7C%7D%5E%60/"),
    ],
)
def test_the_successor_is_the_same_path(v1: ApiClient, target: str, successor: str) -> None:
    """Percent-encoded, so that it cannot end the link or the header; without the query."""
    answer = Service().send(v1.prefix.removesuffix("/"), Message("GET", target))
    headers = dict(answer.headers)
    assert {name: headers.get(name) for name in NAMES} == expected(successor)
    assert "Set-Cookie" not in headers
    assert all("secret" not in value for name, value in answer.headers if "?" in target)


@pytest.fixture
def _below_a_script() -> Iterator[None]:
    """Reset the script prefix, which Django keeps from the last request."""
    yield
    set_script_prefix("/")


@ANNOUNCED
@pytest.mark.django_db
@pytest.mark.usefixtures("_below_a_script")
def test_the_successor_is_below_the_same_script(v1: ApiClient) -> None:
    """If the service is mounted below a path, so is the successor."""
    response: list[dict[str, str]] = []
    environ = {**environ_of(v1.prefix, Message("GET", "provider/")), "SCRIPT_NAME": "/app"}

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Callable[[bytes], object]:
        response.append(dict(headers))
        return lambda _: None

    Service()._application(environ, start)
    assert response[0]["Link"].startswith('</app/api/v2/provider/>; rel="successor-version"')


@ANNOUNCED
@pytest.mark.parametrize("path", ["/", "/livez", "/nowhere", "/api/", "/api/v10/user/", "/api/v1x/", "/xapi/v1/user/"])
def test_other_paths_announce_nothing(v1: ApiClient, path: str) -> None:
    """Paths outside v1 have none of the headers."""
    assert announced(Client(SERVER_NAME=HOST).get(path)) == {}
