"""What a brownout would have refused, in its form and in the list; the texts and buttons of our forms."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from rollout.models import Brownout, DailyCalls, Plan
from tests.contract.conftest import HOST
from tests.rollout.test_plan_admin import BROWNOUTS, PLAN, brownout, fields

pytestmark = pytest.mark.django_db

FORECAST = f"{BROWNOUTS}forecast/"
HOUR = timedelta(hours=1)


@pytest.fixture
def staff(admin_user: User) -> Client:
    """A browser of a superuser; two builds called v1 yesterday."""
    yesterday = timezone.now().date() - timedelta(days=1)
    for client, calls in (("ShopApp/2.1", 240), ("ShopApp/2.4", 480)):
        DailyCalls.objects.create(
            day=yesterday, version="v1", client=client, resource="user", outcome="ok", calls=calls
        )
    browser = Client(SERVER_NAME=HOST)
    browser.force_login(admin_user)
    return browser


def query(**more: Any) -> dict[str, Any]:
    """Return the fields of a brownout of two hours."""
    start = timezone.now() + HOUR
    return {**fields(start=start, end=start + 2 * HOUR), "share": 100, "client": "", **more}


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({}, "Yesterday it would have refused about 60 of 720 calls of v1"),
        ({"share": 50, "client": "ShopApp/2.1"}, "Yesterday it would have refused about 10 of 240 calls of v1"),
        ({"end_0": ""}, "All clients made 720 calls of v1 yesterday"),
        ({"end_0": "2020-01-01", "client": "ShopApp/2.1"}, "ShopApp/2.1 made 240 calls of v1 yesterday"),
        ({"share": "101", "client": "ShopApp/2.1"}, "ShopApp/2.1 made 240 calls of v1 yesterday"),
        ({"share": ""}, "All clients made 720 calls of v1 yesterday"),
        ({"client": "x" * 81}, "No client has such a name."),
    ],
)
def test_the_form_asks_before_it_is_saved(staff: Client, more: dict[str, Any], sentence: str) -> None:
    """It is answered in one sentence, as text; without valid times it says how often the clients call."""
    answer = staff.get(FORECAST, query(**more))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.text.startswith(sentence)
    assert not Brownout.objects.exists()


def test_only_staff_who_may_see_brownouts_ask(client: Client) -> None:
    """Others get 403, and visitors the sign-in."""
    assert client.get(FORECAST).status_code == 302
    reader = User.objects.create_user("reader", is_staff=True)
    client.force_login(reader)
    assert client.get(FORECAST).status_code == 403
    reader.user_permissions.add(Permission.objects.get(codename="view_brownout"))
    assert client.get(FORECAST).status_code == 200


def test_a_saved_brownout(staff: Client) -> None:
    """Its forecast is in the message, in its form and in the list."""
    start = timezone.now() + HOUR
    page = staff.post(f"{BROWNOUTS}add/", brownout(start, start + 12 * HOUR), follow=True).text
    assert "Yesterday it would have refused about 360 of 720 calls" in page
    assert "about 360 of 720 calls</td>" in page
    assert "would have refused about 360" in staff.get(f"{BROWNOUTS}{Brownout.objects.get().pk}/change/").text


def test_the_list_reads_the_calls_once(staff: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    """However many brownouts there are."""
    start = timezone.now() + HOUR
    Brownout.objects.bulk_create(Brownout(start=start, end=start + HOUR) for _ in range(30))
    with django_assert_max_num_queries(11):
        assert staff.get(BROWNOUTS).text.count("about 30 of 720 calls</td>") == 30


@pytest.mark.parametrize(("state", "count"), [("coming", 1), ("now", 2), ("over", 3), ("", 6), ("nonsense", 6)])
def test_the_list_by_state(staff: Client, state: str, count: int) -> None:
    """To come, now, or over."""
    now = timezone.now()
    for number, start in ((1, now + HOUR), (2, now - HOUR), (3, now - 9 * HOUR)):
        Brownout.objects.bulk_create(Brownout(start=start, end=start + 2 * HOUR) for _ in range(number))
    assert staff.get(BROWNOUTS, {"state": state}).context["cl"].result_count == count


def test_buttons_that_make_sense(staff: Client) -> None:
    """There is one plan, so it can only be saved; nobody needs to add another brownout at once."""
    pages = {path: staff.get(path).text for path in (f"{PLAN}add/", f"{BROWNOUTS}add/")}
    Plan.objects.create(pk=1)
    pages[f"{PLAN}1/change/"] = staff.get(f"{PLAN}1/change/").text
    for path, page in pages.items():
        assert 'name="_save"' in page
        assert 'name="_addanother"' not in page
        assert ('name="_continue"' in page) == (path == f"{BROWNOUTS}add/")


def test_names_that_staff_understand(staff: Client) -> None:
    """No page shows the name of a package."""
    index = staff.get("/admin/").text
    assert "Linked accounts" in index
    assert ">Migration<" in " ".join(index.split()).replace("> ", ">").replace(" <", "<")
    paths = ("", "rollout/", "rollout/brownout/", "rollout/dailycalls/", "social_django/usersocialauth/")
    for path in paths:
        page = staff.get(f"/admin/{path}").text
        for word in ("Rollout", "Python Social Auth", "social auth", "to change<"):
            assert word not in page, (path, word)


def test_the_calls_of_a_client_in_the_list(staff: Client) -> None:
    """It is among the filters, also if it has not called lately."""
    page = staff.get("/admin/rollout/dailycalls/", {"client": "Old/1"})
    assert page.context["cl"].result_count == 0
    assert "?client=Old%2F1" in page.text
    assert "?client=ShopApp%2F2.1" in page.text
    assert staff.get("/admin/rollout/dailycalls/", {"client": "ShopApp/2.1"}).context["cl"].result_count == 1


def test_times_are_utc_in_any_project(staff: Client, settings: Settings) -> None:
    """Forms show and read UTC, as their labels say, and so does the page, whatever the project's time zone is."""
    settings.TIME_ZONE = "Asia/Tokyo"
    start = timezone.now().replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=3)
    assert staff.post(f"{BROWNOUTS}add/", brownout(start, start + HOUR)).status_code == 302
    assert Brownout.objects.get().start == start
    assert 'value="10:00:00"' in staff.get(f"{BROWNOUTS}{Brownout.objects.get().pk}/change/").text
    assert "10:00" in staff.get(BROWNOUTS).text
    Plan.objects.create(pk=1, deprecated_at=start)
    assert 'value="10:00:00"' in staff.get(f"{PLAN}1/change/").text
    settings.V1_DEPRECATED_AT = start
    page = staff.get("/admin/migration/").text
    assert f"{start:%Y-%m-%d} 10:00 UTC" in page
    assert "19:00" not in page
