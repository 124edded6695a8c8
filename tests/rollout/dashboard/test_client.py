"""The page of a client, and the links between the page, the brownouts, the plan and the ledger."""

from collections.abc import Iterable
from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from rollout.models import Brownout, DailyCalls, LastCall, Plan
from tests.contract.conftest import HOST
from tests.rollout import traffic
from tests.rollout.mounted import V1_IS_MOUNTED

pytestmark = pytest.mark.django_db

PAGE = "/admin/migration/"
QUERIES = 15


def browser(permissions: Iterable[str] | None) -> Client:
    """Return the browser of a staff user; None: of a superuser."""
    user = User.objects.create(username="dallas", is_staff=True, is_superuser=permissions is None)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions or ()))
    client = Client(SERVER_NAME=HOST)
    client.force_login(user)
    return client


def text(staff: Client, **query: str) -> str:
    response = staff.get(PAGE, query)
    assert response.status_code == 200
    return " ".join(unescape(response.content.decode()).split())


def record(client: str, calls: int, *, version: str = "v1", outcome: str = "ok", days: int = 0) -> None:
    day = timezone.now().date() - timedelta(days=days)
    DailyCalls.objects.create(day=day, version=version, client=client, resource="user", outcome=outcome, calls=calls)


def test_the_calls_of_a_client() -> None:
    """By version, resource, outcome and day, each with a link to its rows of the ledger; of no other client."""
    record("A&B/1", 1200)
    record("A&B/1", 34, outcome="version_retired", days=1)
    record("A&B/1", 5, version="v2")
    record("C/1", 777, outcome="throttled")
    staff = browser(None)
    page = text(staff, client="A&B/1", range="4-weeks")
    assert "Calls of A&B/1" in page
    assert "99.6 % of its own" in page.replace("\N{NO-BREAK SPACE}", " ")
    assert '<td class="number">1,234</td><td class="number">34</td><td class="number">5</td>' in page
    assert "throttled" not in page
    today = str(timezone.now().date())
    for query in (
        {"resource": "user", "client": "A&B/1"},
        {"outcome": "version_retired", "version": "v1", "client": "A&B/1"},
        {"day__gte": today, "day__lte": today, "client": "A&B/1"},
    ):
        url = f"/admin/rollout/dailycalls/?{urlencode(query)}"
        assert f'href="{url}"' in page
        rows = staff.get(url)
        assert rows.status_code == 200
        assert "A&amp;B/1</td>" in rows.text
        assert "C/1</td>" not in rows.text


def test_from_the_dashboard_to_a_brownout() -> None:
    """A client's row leads to its page and to the form of a brownout of it; the dates lead to the plan's form."""
    record("ShopApp/2.1", 7)
    staff = browser(None)
    page = text(staff)
    form = "/admin/rollout/brownout/add/?client=ShopApp%2F2.1"
    assert f'href="{PAGE}?client=ShopApp%2F2.1&range=12-weeks"' in page
    assert f'href="{form}"' in page
    assert 'href="/admin/rollout/plan/"' in page
    page = text(staff, client="ShopApp/2.1")
    assert f'href="{form}"' in page
    assert 'href="/admin/rollout/brownout/add/?client=ShopApp"' in page
    assert 'value="ShopApp/2.1"' in staff.get(form).text


def test_its_users() -> None:
    """Each user of v1 is counted at the client of the last call, for 28 days."""
    record("ShopApp/2.1", 7)
    staff = browser(None)
    for number, (client, days) in enumerate(
        [("ShopApp/2.1", 27), ("ShopApp/2.1", 29), ("ShopApp/2.2", 1), ("ShopApp/2.1", 0), ("", 3)]
    ):
        user = User.objects.create(username=f"person-{number}")
        LastCall.objects.create(user=user, version="v1", at=timezone.now() - timedelta(days=days), client=client)
    page = text(staff)
    assert '<td data-title="users, 28 days" class="number">2</td>' in page
    assert "1 user of v1 is in no row: the last call was recorded without its client." in page
    assert '<dt>Users of v1</dt><dd class="figure">2</dd>' in text(staff, client="ShopApp/2.1")


def test_no_link_without_its_permission() -> None:
    """Staff without permissions see the figures, and no link that would be refused."""
    record("ShopApp/2.1", 7)
    Brownout.objects.create(start=timezone.now(), end=timezone.now() + timedelta(hours=1))
    staff = browser([])
    for page in (text(staff), text(staff, client="ShopApp/2.1")):
        assert "/admin/rollout/" not in page
        assert "ShopApp/2.1" in page
    User.objects.all().delete()
    page = text(browser(["view_brownout"]))
    assert "/admin/rollout/brownout/1/change/" in page
    assert "/admin/rollout/brownout/add/" not in page


def test_a_project_without_our_models_in_its_admin(settings: Settings) -> None:
    """The page has no links to them."""
    record("ShopApp/2.1", 7)
    registered = {model: type(admin.site.get_model_admin(model)) for model in (Brownout, DailyCalls, Plan)}
    admin.site.unregister(list(registered))
    try:
        assert "/admin/rollout/" not in text(browser(None), client="ShopApp/2.1").partition("<main")[2]
    finally:
        for model, its_admin in registered.items():
            admin.site.register(model, its_admin)


def test_what_a_brownout_would_have_refused() -> None:
    """On the page of a client it is the client's part."""
    record("ShopApp/2.1", 24, days=1)
    record("ShopApp/2.4", 48, days=1)
    start = timezone.now() + timedelta(days=1)
    Brownout.objects.create(start=start, end=start + timedelta(hours=12), note="Rehearsal")
    staff = browser(None)
    assert "about 36 of 72 calls" in text(staff)
    page = text(staff, client="ShopApp/2.1")
    assert ("about 12 of 24 calls" in page, "Rehearsal" in page) == (True, True)


@V1_IS_MOUNTED
def test_refused_calls_without_a_brownout_are_explained() -> None:
    """No brownout beside refused calls: it says that there was one."""
    record("ShopApp/2.1", 770, outcome="version_retired", days=9)
    staff = browser([])
    assert "410 in the past: 770 calls of v1 were refused on" in text(staff)
    start = timezone.now() - timedelta(days=9)
    Brownout.objects.create(start=start, end=start + timedelta(seconds=1))
    assert "410 in the past" not in text(staff)


@pytest.mark.parametrize("name", ["", "Nobody/1", "<script>", "(none)"])
def test_an_unknown_client(name: str) -> None:
    """It has a page without calls, with its name as text."""
    page = browser([]).get(PAGE, {"client": name})
    assert page.status_code == 200
    assert "is the name written so?" in page.text
    assert "<script>" not in page.text


@pytest.mark.parametrize("name", ["a\0b", "x" * 81])
def test_no_clients_name(name: str) -> None:
    """It is answered 404: no client can have it, and PostgreSQL refuses a NUL."""
    assert browser([]).get(PAGE, {"client": name}).status_code == 404


@pytest.mark.parametrize("range_name", ["4-weeks", "year"])
def test_its_queries_do_not_grow(range_name: str, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    """The number of queries does not depend on the number of days and calls."""
    traffic.fill("stuck", timezone.now(), days=40)
    staff = browser(None)
    with django_assert_max_num_queries(QUERIES):
        text(staff, client="ShopApp/2.4", range=range_name)
