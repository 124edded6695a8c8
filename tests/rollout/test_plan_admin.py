"""The plan and the brownouts in the admin: validation, messages and history."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client, override_settings
from django.utils import timezone

from rollout.models import Brownout, DailyCalls, Plan
from tests.contract.conftest import HOST
from tests.rollout.conftest import UNDECIDED, moment

pytestmark = pytest.mark.django_db

PLAN, BROWNOUTS = "/admin/rollout/plan/", "/admin/rollout/brownout/"
EARLY, LATE = moment("2026-12-01T00:00:00"), moment("2099-06-30T12:30:00")
SAID = override_settings(V1_DEPRECATED_AT=EARLY, V1_SUNSET_AT=LATE, V1_GUIDE_URL="https://example.com/migrate")


@pytest.fixture
def staff(admin_user: User) -> Client:
    """A browser of a staff user."""
    client = Client(SERVER_NAME=HOST)
    client.force_login(admin_user)
    return client


def fields(**moments: datetime | None) -> dict[str, str]:
    """Return the two form fields of each moment."""
    return {
        f"{name}_{part}": "" if value is None else value.strftime(form)
        for name, value in moments.items()
        for part, form in enumerate(("%Y-%m-%d", "%H:%M:%S"))
    }


def plan(deprecated_at: datetime | None = None, sunset_at: datetime | None = None, guide: str = "") -> dict[str, str]:
    """Return the filled-in form of the plan."""
    return {**fields(deprecated_at=deprecated_at, sunset_at=sunset_at), "guide": guide}


def brownout(start: datetime, end: datetime, **more: Any) -> dict[str, Any]:
    """Return the filled-in form of a brownout."""
    return {**fields(start=start, end=end), "share": 100, "client": "", "note": "", **more}


def text_of(response: Any) -> str:
    """Return the text of a page."""
    return str(response.content.decode())


@UNDECIDED
def test_the_plan_is_created_once_then_changed(staff: Client) -> None:
    """The list redirects to the plan; every change is in the history."""
    assert staff.get(PLAN)["Location"] == f"{PLAN}add/"
    assert staff.post(f"{PLAN}add/", plan(EARLY, LATE, "https://example.com/x"))["Location"] == PLAN
    assert list(Plan.objects.values_list("pk", "deprecated_at", "sunset_at", "guide")) == [
        (1, EARLY, LATE, "https://example.com/x")
    ]
    assert staff.get(PLAN)["Location"] == f"{PLAN}1/change/"
    assert staff.get(f"{PLAN}add/").status_code == 403
    assert staff.post(f"{PLAN}add/", plan()).status_code == 403
    assert staff.post(f"{PLAN}1/delete/", {"post": "yes"}).status_code == 403
    assert staff.post(f"{PLAN}1/change/", plan(EARLY))["Location"] == PLAN
    assert list(Plan.objects.values_list("pk", "sunset_at")) == [(1, None)]
    assert [entry.is_addition() for entry in LogEntry.objects.order_by("pk")] == [True, False]


@SAID
def test_an_empty_field_shows_the_setting(staff: Client) -> None:
    """Its help text is the settings' value, in UTC; the values in effect are above."""
    Plan.objects.create(pk=1, sunset_at=LATE + timedelta(days=1))
    page = text_of(staff.get(f"{PLAN}1/change/"))
    assert "Empty: as V1_DEPRECATED_AT says, 2026-12-01 00:00:00 UTC." in page
    assert "Empty: as V1_SUNSET_AT says, 2099-06-30 12:30:00 UTC." in page
    assert "Empty: as V1_GUIDE_URL says, https://example.com/migrate." in page
    assert "sunset at: 2099-07-01 12:30:00 UTC" in page
    assert "All times are UTC." in page


@pytest.mark.parametrize(
    ("settings", "given", "complaint"),
    [
        ({}, plan(sunset_at=LATE), "say since when it is deprecated"),
        ({}, plan(LATE, EARLY), "it cannot end before"),
        ({"V1_DEPRECATED_AT": LATE}, plan(sunset_at=EARLY), "it cannot end before"),
        (
            {"V1_DEPRECATED_AT": EARLY, "V1_SUNSET_AT": LATE},
            plan(LATE + timedelta(seconds=1)),
            "it must be deprecated before",
        ),
        ({}, plan(guide="https://example.com/é"), "Give an address"),
        ({}, plan(guide="https://example.com/a b"), "Give an address"),
        ({}, plan(guide="ftp://example.com/"), "Give an address"),
        ({}, plan(guide="javascript:alert(1)"), "Give an address"),
        ({}, {**plan(), "deprecated_at_0": "tomorrow", "deprecated_at_1": "12:00"}, "Enter a valid date"),
        ({}, {**plan(), "deprecated_at_0": "2027-01-01"}, "Enter a valid time"),
    ],
    ids=range(10),
)
def test_an_invalid_plan(staff: Client, settings: dict[str, Any], given: dict[str, str], complaint: str) -> None:
    """It is refused with the name of the field, the settings taken into account, and nothing is saved."""
    with UNDECIDED, override_settings(**settings):
        response = staff.post(f"{PLAN}add/", given)
    assert response.status_code == 200
    assert complaint in text_of(response)
    assert not Plan.objects.exists()


@UNDECIDED
def test_both_dates_may_be_equal(staff: Client) -> None:
    """A sunset at the moment of the deprecation is valid."""
    assert staff.post(f"{PLAN}add/", plan(LATE, LATE)).status_code == 302


@UNDECIDED
def test_switching_v1_off_is_a_warning(staff: Client) -> None:
    """A wrong year is noticed at once."""
    past = timezone.now() - timedelta(days=1)
    page = text_of(staff.post(f"{PLAN}add/", plan(past, past), follow=True))
    assert "V1 is switched off at this moment." in page
    page = text_of(staff.post(f"{PLAN}1/change/", plan(past, LATE), follow=True))
    assert "V1 is switched off" not in page
    assert "in effect on all workers within seconds" in page


def test_a_brownout(staff: Client) -> None:
    """It is added, listed with its state, changed and deleted, and each change is in the history."""
    now = timezone.now()
    hour = timedelta(hours=1)
    for start, end in ((now - hour, now + hour), (now + hour, now + 2 * hour)):
        assert staff.post(f"{BROWNOUTS}add/", brownout(start, end, share=25, note="first")).status_code == 302
    Brownout.objects.create(start=now - 2 * hour, end=now - hour)
    page = text_of(staff.get(BROWNOUTS))
    assert [page.count(f'field-state">{state}<') for state in ("now", "to come", "over")] == [1, 1, 1]
    assert ("25 %" in page, "All times are UTC." in page) == (True, True)
    first = Brownout.objects.filter(note="first").earliest("start")
    changed = brownout(first.start, first.end, client="ShopApp")
    assert staff.post(f"{BROWNOUTS}{first.pk}/change/", changed).status_code == 302
    assert staff.post(f"{BROWNOUTS}{first.pk}/delete/", {"post": "yes"}).status_code == 302
    assert Brownout.objects.count() == 2
    assert LogEntry.objects.count() == 4


@pytest.mark.parametrize(
    ("end", "more", "complaint"),
    [
        (LATE, {}, "It must end after it has begun."),
        (LATE - timedelta(seconds=1), {}, "It must end after it has begun."),
        (LATE + timedelta(hours=1), {"share": 0}, "greater than or equal to 1"),
        (LATE + timedelta(hours=1), {"share": 101}, "less than or equal to 100"),
        (LATE + timedelta(hours=1), {"share": "some"}, "Enter a whole number"),
        (LATE + timedelta(hours=1), {"client": "x" * 81}, "at most 80 characters"),
    ],
    ids=range(6),
)
def test_an_invalid_brownout(staff: Client, end: datetime, more: dict[str, Any], complaint: str) -> None:
    """It is refused with a reason, and nothing is saved."""
    response = staff.post(f"{BROWNOUTS}add/", brownout(LATE, end, **more))
    assert response.status_code == 200
    assert complaint in text_of(response)
    assert not Brownout.objects.exists()


def test_a_new_brownout_is_not_over(staff: Client) -> None:
    """It is refused, but a running one may be ended with a moment that has just passed."""
    past = timezone.now() - timedelta(minutes=1)
    given = brownout(past - timedelta(hours=1), past)
    assert "It would be over already." in text_of(staff.post(f"{BROWNOUTS}add/", given))
    running = Brownout.objects.create(start=past - timedelta(hours=1), end=past + timedelta(hours=1))
    assert staff.post(f"{BROWNOUTS}{running.pk}/change/", given).status_code == 302


def test_the_action_ends_running_brownouts(staff: Client) -> None:
    """The row is kept; future brownouts do not change."""
    now = timezone.now()
    hour = timedelta(hours=1)
    running = Brownout.objects.create(start=now - hour, end=now + hour)
    later = Brownout.objects.create(start=now + hour, end=now + 2 * hour)
    chosen = {"action": "end_now", "_selected_action": [running.pk, later.pk]}
    assert "1 ended." in text_of(staff.post(BROWNOUTS, chosen, follow=True))
    running.refresh_from_db()
    later.refresh_from_db()
    assert now <= running.end <= timezone.now()
    assert later.end == now + 2 * hour
    assert [entry.get_change_message() for entry in LogEntry.objects.all()] == ["Ended."]
    assert "None of them is running." in text_of(staff.post(BROWNOUTS, chosen, follow=True))


@pytest.mark.parametrize(
    ("client", "warned"), [("ShopApp", False), ("ShopApp/2.1", False), ("Shopapp", True), ("", False)]
)
def test_an_unknown_client_is_a_warning(staff: Client, client: str, warned: bool) -> None:
    """It may be a mistake or a future client, so it is saved."""
    DailyCalls.objects.create(
        day=timezone.now().date(), version="v1", client="ShopApp/2.1", resource="user", outcome="ok", calls=1
    )
    page = text_of(staff.post(f"{BROWNOUTS}add/", brownout(EARLY, LATE, client=client), follow=True))
    assert ("No request of" in page) == warned
    assert Brownout.objects.get().client == client


def test_the_permission_to_view_is_not_one_to_change(client: Client) -> None:
    """Django's permissions apply."""
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.set(Permission.objects.filter(codename__in=["view_plan", "view_brownout"]))
    client.force_login(reader)
    assert client.get(PLAN).status_code == 200
    row = Plan.objects.create(pk=1, deprecated_at=EARLY)
    one = Brownout.objects.create(start=EARLY, end=LATE)
    assert client.get(f"{PLAN}1/change/").status_code == 200
    assert client.get(f"{BROWNOUTS}{one.pk}/change/").status_code == 200
    assert client.post(f"{PLAN}1/change/", plan(LATE)).status_code == 403
    assert client.post(BROWNOUTS, {"action": "end_now", "_selected_action": [one.pk]}).status_code in {200, 302}
    row.refresh_from_db()
    one.refresh_from_db()
    assert (row.deprecated_at, one.end) == (EARLY, LATE)
