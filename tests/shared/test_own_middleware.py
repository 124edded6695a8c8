"""What a project's own middleware and views find unchanged: cached answers, pages, links, ids, sessions."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import path

from rollout.checks import check_prefixes
from rollout.ledger import process
from rollout.ledger.process import Ledger
from shared.http.urls import api_urls
from tests.contract.conftest import HOST
from tests.rollout.conftest import moment

OLD, NEW = "rest/1.0/", "rest/2.0/"
LINK = '</rest/1.0/article/?page=2>; rel="next"'
DEPRECATED: dict[str, Any] = {
    "V1_DEPRECATED_AT": moment("2020-01-01T00:00:00"),
    "V1_SUNSET_AT": None,
    "V1_BROWNOUTS": [],
}


class Service:
    """A caller that is no row of the users' table."""

    pk = "service-account"
    is_authenticated = True


def article(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    if "service" in request.GET:
        request.user = Service()  # type: ignore[assignment]
    if "read" in request.GET:
        assert request.user.is_authenticated
    response = HttpResponse("an article", headers={"Cache-Control": "public, max-age=60", "Link": LINK})
    response.set_cookie("visited", "1")
    return response


def closed(get_response: Any) -> Any:
    """Middleware that answers everything with a page."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        return HttpResponse("<h1>Back soon</h1>", status=503, headers={"X-Request-ID": "the-projects-own"})

    return answer


@pytest.fixture(autouse=True)
def mounted() -> Iterator[None]:
    """Both APIs at other prefixes, or the new one and the deleted one, with views of the project below them."""
    own = [
        path(f"{OLD}article/", article, name="article"),
        path(f"{NEW}article/", article, name="article"),
        path(f"{NEW}of/<resource_name>/", article),
    ]
    prefixes = dict(zip(settings.APIS, (OLD, NEW)[-len(settings.APIS) :], strict=True))
    with override_settings(APIS=prefixes, RETIRED_APIS={}), override_settings(ROOT_URLCONF=(*own, *api_urls())):
        yield


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """A ledger of this test."""
    own = Ledger()
    monkeypatch.setattr(process, "_ledger", own)
    return own


def call(address: str, **extra: Any) -> Any:
    return Client(SERVER_NAME=HOST).get(address, **extra)


def with_middleware(*names: str) -> override_settings:
    return override_settings(MIDDLEWARE=[*settings.MIDDLEWARE, *names])


def test_an_answer_from_the_projects_cache_is_like_the_first() -> None:
    """No view runs then, and still its caching and cookies stay."""
    cache = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": __name__}}
    module = "django.middleware.cache."
    with (
        override_settings(CACHES=cache),
        with_middleware(f"{module}UpdateCacheMiddleware", f"{module}FetchFromCacheMiddleware"),
    ):
        first, second = (call(f"/{NEW}article/") for _ in range(2))
    assert second["Age"]
    assert second["Cache-Control"] == first["Cache-Control"] == "public, max-age=60"
    assert second.cookies["visited"].value == "1"


def test_a_page_in_place_of_an_own_view_stays() -> None:
    """It is replaced only where our view would have answered; an id that the project gives its answers stays, too."""
    with with_middleware(f"{__name__}.closed"):
        own, ours = call(f"/{NEW}article/"), call(f"/{NEW}provider/")
    assert (own.status_code, own.content, own["X-Request-ID"]) == (503, b"<h1>Back soon</h1>", "the-projects-own")
    assert (ours.status_code, ours.json()["code"]) == (500, "internal_error")
    assert ours["X-Request-ID"] != "the-projects-own"


def test_an_unchanged_answer_of_ours_names_no_length() -> None:
    """A 304 of a middleware of the project: a length would be that of the answer that was left out."""
    with with_middleware("django.middleware.http.ConditionalGetMiddleware"):
        known = call(f"/{NEW}provider/")["ETag"]
        again = call(f"/{NEW}provider/", headers={"If-None-Match": known})
    assert (again.status_code, "Content-Length" in again.headers) == (304, False)


def test_the_page_of_documentation_needs_no_templates_of_the_project() -> None:
    """Its engine may be another one."""
    with override_settings(TEMPLATES=[{"BACKEND": "django.template.backends.dummy.TemplateStrings"}]):
        page = call(f"/{NEW}docs/")
    assert (page.status_code, f'data-document="/{NEW}openapi.yaml"' in page.text) == (200, True)


def test_the_links_of_an_own_view_stay() -> None:
    """The life cycle adds its own to them. Of two names that begin a path, the longer one is paired."""
    pairs = {"downloads": "files", "downloads/os": "os"}
    old = {"RETIRED_APIS": {}} if OLD in settings.APIS.values() else {"RETIRED_APIS": {"deleted": OLD}}
    with override_settings(PAIRED_RESOURCES=pairs, **DEPRECATED, **old):
        if not old["RETIRED_APIS"]:
            assert call(f"/{OLD}article/")["Link"] == f'{LINK}, </{NEW}article/>; rel="successor-version"'
        for address, successor in (("downloads/os/", "os/"), ("downloads/os", "os"), ("downloads/7/", "files/7/")):
            assert call(f"/{OLD}{address}")["Link"] == f'</{NEW}{successor}>; rel="successor-version"'


def test_a_wrong_host_is_refused_on_our_paths_only() -> None:
    """A load balancer may call a view of the project by its address, if no middleware of the project forbids it."""
    addressed = Client(SERVER_NAME="192.0.2.1")
    assert addressed.get(f"/{NEW}article/").status_code == 200
    assert addressed.get(f"/{NEW}provider/").json()["code"] == "invalid_request"


@pytest.mark.django_db
def test_a_session_that_nobody_reads_is_not_read_to_count(ledger: Ledger) -> None:
    """A public view costs no query for it; the user of a view that reads it is counted."""
    client = Client(SERVER_NAME=HOST)
    client.force_login(ripley := User.objects.create(username="ripley"))
    contrib = "django.contrib."
    with with_middleware(
        f"{contrib}sessions.middleware.SessionMiddleware", f"{contrib}auth.middleware.AuthenticationMiddleware"
    ):
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/{NEW}article/")
        assert not len(queries)
        client.get(f"/{NEW}article/?read=1")
    assert [use.user_id for use in ledger.counter.take().last] == [ripley.pk]


@pytest.mark.django_db(transaction=True)
def test_a_caller_without_a_row_does_not_stop_the_ledger(ledger: Ledger) -> None:
    """Nor does a name in a path that a database could not store."""
    call(f"/{NEW}article/?service=1")
    call(f"/{NEW}of/a%00b/")
    batch = ledger.counter.take()
    assert {group.resource for group in batch.calls} == {"article", "(other)"}
    ledger.counter.put_back(batch)
    assert ledger.flush()


@pytest.mark.parametrize(("route", "is_wrong"), [("", 1), ("/", 1), ("api/v9", 1), ("/api/v9/", 1), ("api/v9/", 0)])
def test_prefixes_are_checked(route: str, is_wrong: int) -> None:
    """Otherwise such an API would be unknown, or the URLs in its answers wrong, without a word."""
    with override_settings(APIS={"app": route}):
        assert [found.id for found in check_prefixes(None)] == ["rollout.E004"] * is_wrong
    with override_settings(APIS={}):
        assert [found.id for found in check_prefixes(None)] == ["rollout.E004"]
