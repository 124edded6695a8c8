"""A project's own views and middleware below the prefix of an API, and APIs at any prefix."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client, override_settings
from django.urls import include, path
from django.views.decorators.cache import cache_control
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ViewSet

from rollout.checks import check_urls, check_versions
from rollout.ledger import process
from rollout.ledger.process import Ledger
from shared.http.middleware import ContractMiddleware
from shared.http.urls import api_at, api_urls, apis
from tests.contract.conftest import HOST
from tests.contract.users import person
from tests.rollout.conftest import UNDECIDED, moment

OLD, NEW = "rest/1.0/", "rest/2.0/"
PREFIXES = dict(zip(settings.APIS, (OLD, NEW)[-len(settings.APIS) :], strict=True))
"""Other prefixes than those of Tandem's own settings; NEW alone if the old API was deleted."""
RETIRED = {} if OLD in PREFIXES.values() else {"deleted": OLD}
EVER = {"V1_DEPRECATED_AT": moment("2020-01-01T00:00:00"), "V1_SUNSET_AT": moment("2021-01-01T00:00:00")}
PAGE = "<h1>Sorry</h1>"
runs: Counter[str] = Counter()
"""How often each method of the view `plain` ran."""


@cache_control(public=True, max_age=60)
def plain(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    runs[str(request.method)] += 1
    if request.method == "DELETE":
        return HttpResponse("No, thank you.", status=405, headers={"Allow": "GET, POST"})
    response = HttpResponse("<p>An article</p>")
    response.set_cookie("visited", "1")
    return response


def failing(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("broken")


class Systems(ViewSet):
    """A resource of the project, without authentication."""

    authentication_classes = ()
    permission_classes = ()

    def list(self, request: Any) -> Response:
        return Response([])


router = SimpleRouter()
router.register("os", Systems, basename="os")
OWN = [
    path("rest/1.0/", plain, name="old-root"),
    path("rest/1.0/article/", plain, name="article"),
    path("rest/1.0/downloads/os/", plain, {"resource_name": "downloads/os"}, name="dispatch_list"),
    path("rest/2.0/failing/", failing),
    path("rest/2.0/article/", plain, name="article"),
    path("rest/2.0/", include(router.urls)),
]

MiddlewareAnswer = Callable[[HttpRequest], HttpResponseBase]


@pytest.fixture(autouse=True)
def mounted() -> Iterator[None]:
    """APIs at other prefixes, in a project that has views of its own below them."""
    runs.clear()
    with (
        override_settings(
            APIS=PREFIXES, RETIRED_APIS=RETIRED, APPEND_SLASH=True, PAIRED_RESOURCES={"downloads/os": "os"}
        ),
        override_settings(ROOT_URLCONF=(*OWN, *api_urls())),
    ):
        yield


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """A ledger of this test."""
    own = Ledger()
    monkeypatch.setattr(process, "_ledger", own)
    return own


def call(method: str, address: str, **extra: Any) -> Any:
    return Client(SERVER_NAME=HOST, raise_request_exception=False).generic(method, address, **extra)


def counted(ledger: Ledger) -> list[tuple[str, str, str]]:
    return [(group.version, group.resource, group.outcome) for group in ledger.counter.take().calls]


@pytest.mark.django_db
def test_an_own_view_answers_unchanged() -> None:
    """No header is changed, no cookie and no text is replaced, a HEAD stays Django's; only the id is added."""
    found = call("GET", "/rest/2.0/article/")
    assert found.content == b"<p>An article</p>"
    assert (found["Cache-Control"], found.cookies["visited"].value) == ("public, max-age=60", "1")
    assert found["X-Request-ID"]
    refused = call("DELETE", "/rest/2.0/article/")
    assert (refused.status_code, refused.content, refused["Allow"]) == (405, b"No, thank you.", "GET, POST")
    broken = call("GET", "/rest/2.0/failing/")
    assert (broken.status_code, broken["Content-Type"]) == (500, "text/html; charset=utf-8")


@pytest.mark.django_db
def test_an_own_view_runs_once() -> None:
    """For each request, of every method, on each version."""
    prefixes = [NEW] if RETIRED else [OLD, NEW]
    for prefix in prefixes:
        for method in ("GET", "POST", "DELETE"):
            call(method, f"/{prefix}article/")
    assert runs == {"GET": len(prefixes), "POST": len(prefixes), "DELETE": len(prefixes)}


@pytest.mark.django_db
def test_our_paths_at_another_prefix() -> None:
    """Our answers name the prefix, and unknown paths are 404 in the envelope."""
    for prefix in PREFIXES.values():
        listed = call("GET", f"/{prefix}provider/")
        assert (listed.status_code, listed["Cache-Control"]) == (200, "no-store")
        assert call("GET", f"/{prefix}nowhere/").json()["code"] == "not_found"
    assert call("GET", f"/{NEW}").json()["user"] == {"list_endpoint": f"/{NEW}user/"}


@pytest.mark.django_db
def test_a_slash_is_added_where_an_own_view_answers_then() -> None:
    """As `CommonMiddleware` would, with the query; our own paths answer with and without the slash."""
    moved = call("GET", "/rest/2.0/article?page=2")
    assert (moved.status_code, moved["Location"]) == (301, "/rest/2.0/article/?page=2")
    assert "Cache-Control" not in moved.headers
    assert call("GET", "/rest/2.0").status_code == 200
    assert call("GET", "/rest/2.0/provider").status_code == 200
    assert call("GET", "/rest/2.0/nowhere").status_code == 404
    if not RETIRED:
        assert call("GET", "/rest/1.0")["Location"] == "/rest/1.0/"
    with override_settings(APPEND_SLASH=False):
        assert call("GET", "/rest/2.0/article").status_code == 404


@pytest.mark.django_db
@pytest.mark.threat(65)
@pytest.mark.parametrize("prefix", PREFIXES.values())
def test_no_slash_is_added_to_a_long_address(prefix: str) -> None:
    """The redirect would repeat it, and a long head of an answer is a failure for a proxy."""
    query = "?" + "<" * 480
    moved = call("GET", f"/{prefix}article{query}")
    assert (moved.status_code, len(moved["Location"])) == (301, len(f"/{prefix}article/?") + 3 * 480)
    refused = call("GET", f"/{prefix}article{query}{'<' * 20}")
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")


@pytest.mark.django_db
def test_every_call_below_a_prefix_is_counted(ledger: Ledger) -> None:
    """By the name that the framework has for the resource, and paired names as one."""
    expected = [
        ("2.0", "article", "ok"),
        ("2.0", "article", "http_405"),
        ("2.0", "os", "ok"),
        ("2.0", "provider", "ok"),
    ]
    for method, address in (("GET", "article/"), ("DELETE", "article/"), ("GET", "os/"), ("GET", "provider/")):
        call(method, f"/{NEW}{address}")
    if not RETIRED:
        for address in ("", "article/", "downloads/os/"):
            call("GET", f"/{OLD}{address}")
        expected += [("1.0", "old-root", "ok"), ("1.0", "article", "ok"), ("1.0", "os", "ok")]
    assert sorted(counted(ledger)) == sorted(expected)


@pytest.mark.django_db
def test_the_user_of_an_own_view_is_counted(ledger: Ledger) -> None:
    """It is the request's user, as the view or another middleware has set it."""
    ripley = User.objects.create(username="ripley")

    class SetUser:
        def __init__(self, get_response: MiddlewareAnswer) -> None:
            self.get_response = get_response

        def __call__(self, request: HttpRequest) -> HttpResponseBase:
            request.user = ripley if request.GET else AnonymousUser()
            return self.get_response(request)

    globals()["SetUser"] = SetUser
    with override_settings(MIDDLEWARE=[*settings.MIDDLEWARE, f"{__name__}.SetUser"]):
        call("GET", f"/{NEW}article/?user=1")
        call("GET", f"/{NEW}article/")
    assert {use.user_id for use in ledger.counter.take().last} == {ripley.pk}


@UNDECIDED
@pytest.mark.django_db
def test_the_life_cycle_covers_own_views_at_any_prefix(ledger: Ledger) -> None:
    """After the sunset every path of the old version is 410, counted by its resource; the new one does not change."""
    with override_settings(**EVER):
        gone = call("GET", f"/{OLD}downloads/os/")
        assert (gone.status_code, gone.json()["code"]) == (410, "version_retired")
        assert f"/{NEW}" in gone.json()["errors"]
        assert gone["Sunset"] == "Fri, 01 Jan 2021 00:00:00 GMT"
        assert gone["Link"] == f'</{NEW}os/>; rel="successor-version"'
        assert not runs["GET"]
        assert "Sunset" not in call("GET", f"/{NEW}article/").headers
        assert counted(ledger) == [("1.0", "os", "version_retired"), ("2.0", "article", "ok")]
        with override_settings(PAIRED_RESOURCES={"article": "news"}):
            assert f"</{NEW}news/1/>" in call("GET", f"/{OLD}article/1/")["Link"]


@UNDECIDED
@pytest.mark.django_db
def test_deleted_apis_are_410(ledger: Ledger) -> None:
    """At each prefix of RETIRED_APIS, without any date, with own views below it; without their lines they are 404."""
    with override_settings(RETIRED_APIS={"older": "rest/0.9/", "old": OLD}, APIS=dict([list(PREFIXES.items())[-1]])):
        for prefix in ("rest/0.9/", OLD):
            for address in ("user/", "article/", "nowhere/", ""):
                gone = call("POST", f"/{prefix}{address}")
                assert (gone.status_code, gone.json()["code"], gone["Cache-Control"]) == (
                    410,
                    "version_retired",
                    "no-store",
                )
        assert call("GET", f"/{NEW}user/").status_code == 401
    with override_settings(RETIRED_APIS={}, APIS=dict([list(PREFIXES.items())[-1]])):
        assert call("GET", "/rest/0.9/user/").status_code == 404
    assert not runs
    assert ("0.9", "user", "version_retired") in counted(ledger)


@pytest.mark.django_db
def test_our_views_see_the_user_of_the_access_token() -> None:
    """`request.user` is the token's user or anonymous on each version, whatever session cookie was sent."""
    seen: list[str] = []

    class NoteUser:
        def __init__(self, get_response: MiddlewareAnswer) -> None:
            self.get_response = get_response

        def __call__(self, request: HttpRequest) -> HttpResponseBase:
            request.user = User(username="of-the-session")
            response = self.get_response(request)
            seen.append(request.user.get_username())
            return response

    globals()["NoteUser"] = NoteUser
    ripley = person()
    with override_settings(MIDDLEWARE=[*settings.MIDDLEWARE, f"{__name__}.NoteUser"]):
        for prefix in PREFIXES.values():
            for address in ("user/", "user/0/", "nowhere/"):
                call("GET", f"/{prefix}{address}", headers={"Authorization": f"Bearer {ripley.token}"})
            call("BREW", f"/{prefix}user/")
            call("GET", f"/{prefix}provider/")
    assert seen == [ripley.user.username, ripley.user.username, "", "", ""] * len(PREFIXES)


@pytest.mark.parametrize(
    ("status", "expected", "code"),
    [
        (400, 400, "invalid_request"),
        (404, 404, "not_found"),
        (403, 500, "internal_error"),
        (503, 500, "internal_error"),
    ],
)
def test_error_pages_of_middleware_become_errors_of_the_contract(
    status: int, expected: int, code: str, rf: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """An HTML error page for a path of ours is replaced; the log says which status the middleware has answered."""
    caplog.set_level("INFO")
    page = HttpResponse(PAGE, status=status)
    page.set_cookie("visited", "1")
    answer = ContractMiddleware(lambda _: page)(rf.get(f"/{NEW}provider/"))
    assert isinstance(answer, HttpResponse)
    assert (answer.status_code, json.loads(answer.content)["code"]) == (expected, code)
    assert not answer.cookies
    logged = [record.getMessage() for record in caplog.records if record.name == "tandem.failures"]
    assert logged == ([f"Another middleware has answered {status} with a page of HTML."] if expected == 500 else [])
    (line,) = [record for record in caplog.records if record.name == "tandem.access"]
    assert (line.levelname, "reason=page_of_other_middleware" in line.getMessage()) == (
        ("ERROR", True) if expected == 500 else ("INFO", False)
    )
    elsewhere = ContractMiddleware(lambda _: page)(rf.get("/orders/"))
    assert (elsewhere.status_code, elsewhere.cookies["visited"].value) == (status, "1")


def test_versions_that_the_ledger_cannot_tell_apart_are_an_error() -> None:
    """The message has the names."""
    with override_settings(APIS={"a": "old/v1/", "b": "new/v1/"}, RETIRED_APIS={}):
        (found,) = check_versions(None)
    assert (found.id, "v1, v1" in found.msg) == ("rollout.E003", True)
    assert check_versions(None) == []


def test_own_urls_that_hide_ours_are_named() -> None:
    """A path of the contract that a URL of the project's own answers; its root is no mistake."""
    assert check_urls(None) == []
    with override_settings(ROOT_URLCONF=(path(f"{NEW}user/", plain), path(f"{NEW}", plain), *api_urls())):
        (found,) = check_urls(None)
    assert (found.id, found.msg) == ("rollout.W004", f"/{NEW}user/ is answered by {__name__}.plain, not by Tandem.")


def test_versions_and_nested_prefixes() -> None:
    """A version is the last part with a digit. Of two prefixes that a path has, the longer one counts."""
    with override_settings(APIS={"a": "api/", "b": "v2/rest/"}, RETIRED_APIS={"c": "api/v0/"}):
        assert [(api.version, api.is_old, api.is_retired) for api in apis()] == [
            ("v0", True, True),
            ("api", True, False),
            ("v2", False, False),
        ]
        assert [getattr(api_at(one), "app", None) for one in ("/api/v0/x", "/api/v00", "/v2/rest", "/v2")] == [
            "c",
            "a",
            "b",
            None,
        ]
