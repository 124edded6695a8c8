"""The agency adopts the service as docs/adopters.md describes; `test_adopting.py` runs these tests in a new process.

The agency's own answers are compared with those of the same code without Tandem, in the same process.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from rollout.ledger.process import ledger
from tests.adopting.acting import run
from tests.adopting.agency import urls
from tests.adopting.agency.settings import OWN_MIDDLEWARE
from tests.contract.conftest import HOST, ApiClient
from tests.providers import Providers

OLD = "rest/1.0/" in settings.APIS.values()
OWN = [
    *(("GET", f"/rest/{path}") for path in ("1.0/", "1.0/staff/job/", "1.0/staff/job/?limit=1", "2.0/")),
    *(("GET", f"/rest/{path}") for path in ("2.0/staff/job/", "2.0/staff/job/?format=json", "2.0/?format=xml")),
    *((method, "/rest/1.0/staff/job/") for method in ("HEAD", "OPTIONS", "POST", "PUT", "DELETE")),
    *((method, "/rest/2.0/staff/job/") for method in ("HEAD", "OPTIONS", "POST", "DELETE")),
    *(("GET", path) for path in ("/", "/rest/", "/rest/3.0/", "/rest/1.0x/", "/nothing")),
]
"""Requests that the agency answers itself."""
ALONE = {"MIDDLEWARE": OWN_MIDDLEWARE, "ROOT_URLCONF": urls.Alone}
"""The agency's settings before it adopted the service."""


@pytest.fixture(scope="module", autouse=True)
def _adopted(django_db_blocker: Any) -> Iterator[None]:
    """Migrate the agency's database."""
    with django_db_blocker.unblock():
        call_command("migrate", verbosity=0)
        yield
        connection.close()


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """Begin each test with an empty cache of answers."""
    cache.clear()


def ask(method: str, address: str, client: Client | None = None) -> Any:
    """Return an answer of the agency, to a visitor or to a client with a session."""
    client = client or Client(SERVER_NAME=HOST, raise_request_exception=False)
    return client.generic(method, address)


def signed_in(name: str) -> Client:
    """Return a client with the session of a user."""
    client = Client(SERVER_NAME=HOST, raise_request_exception=False)
    client.force_login(get_user_model().objects.get_or_create(username=name)[0])
    return client


def described(answer: Any) -> tuple[Any, ...]:
    """Return all of an answer but the header that the page announces, and the clock."""
    headers = {name: value for name, value in answer.items() if name not in {"X-Request-ID", "Expires", "Age"}}
    return answer.status_code, headers, str(answer.cookies), answer.content


@pytest.mark.parametrize("known", [False, True], ids=["visitor", "user"])
def test_own_answers_are_the_same_as_without_tandem(known: bool) -> None:
    """Status, headers, cookies and bytes: of own roots and resources, refused methods and pages."""
    client = signed_in("drake") if known else None
    for method, address in OWN:
        # The second time from the cache, if the agency's middleware stores the answer.
        adopted = [ask(method, address, client) for _ in range(2)]
        cache.clear()
        with override_settings(**ALONE):
            before = [ask(method, address, client) for _ in range(2)]
        cache.clear()
        assert [*map(described, adopted)] == [*map(described, before)], (method, address)
        assert all("X-Request-ID" in one for one in adopted)


@pytest.mark.parametrize("path", ["1.0", "1.0/staff/job", "2.0", "2.0/staff/job?a=b"])
def test_own_paths_without_a_slash_are_redirected(path: str) -> None:
    """The redirect goes to the same address as without Tandem, and a CDN may keep it."""
    adopted = ask("GET", f"/rest/{path}")
    with override_settings(**ALONE):
        before = ask("GET", f"/rest/{path}")
    shown = ("Location", "Content-Type", "Cache-Control", "Surrogate-Key", "Referrer-Policy")
    assert [adopted[name] for name in shown] == [before[name] for name in shown]
    assert adopted.status_code == before.status_code == 301


def test_own_views_run_once() -> None:
    """A view of the agency runs once for each request, on both versions."""
    urls.calls.clear()
    for method, address in (("GET", "/rest/1.0/staff/job/"), ("POST", "/rest/1.0/staff/job/")):
        ask(method, address)
    ask("GET", "/rest/2.0/staff/job/")
    assert set(urls.calls.values()) == {1}
    assert len(urls.calls) == 3


@pytest.mark.parametrize("app", list(settings.APIS))
def test_sign_up(app: str, providers: Providers) -> None:
    """A person signs up and in beside settings of other packages, and no cache of the agency keeps the answers."""
    api = ApiClient(app)
    fields = providers.knows("facebook", "v", id=f"7{api.prefix[6]}", name="Vasquez", email="vasquez@example.com")
    first, answer = (api.sign_up(fields) for _ in range(2))
    assert [one.json()["outcome"] for one in (first, answer)] == ["created", "signed_in"]
    assert answer.json()["username"].startswith("Vasquez")
    found = api.get("user/", token=answer.json()["token"])
    assert (found.status_code, found["Cache-Control"]) == (200, "no-store")
    assert api.get("user/").status_code == 401
    assert api.get("nothing/").json() == {"errors": "Not found.", "code": "not_found"}
    get_user_model().objects.filter(pk=answer.json()["id"]).delete()


if OLD:  # otherwise the old version was deleted

    def test_own_resources_are_counted() -> None:
        """The ledger counts the pair under one name, and names the user of the session as one who depends on it."""
        ask("GET", "/rest/1.0/staff/job/", signed_in("hudson"))
        ask("GET", "/rest/2.0/staff/job/")
        assert ledger().flush()
        _, code, output = run("migration_status")
        assert (code, "staff/job" in output) == (1, False)
        (row,) = [line.split() for line in output.splitlines() if line.startswith("posting ")]
        assert "0" not in row[1:3]
        assert " called 1.0 alone" in output

    def test_the_end_of_the_old_version() -> None:
        """From the sunset own resources below the old prefix answer 410, and name their own successors."""
        past = timezone.now().replace(year=2020)
        with override_settings(V1_DEPRECATED_AT=past, V1_SUNSET_AT=past):
            gone = ask("GET", "/rest/1.0/staff/job/")
            assert (gone.status_code, gone.json()["code"]) == (410, "version_retired")
            assert '</rest/2.0/staff/job/>; rel="successor-version"' in gone["Link"]
            assert ask("GET", "/rest/2.0/staff/job/").status_code == 200
