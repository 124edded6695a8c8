"""The ledger in the admin: staff read counts, and never see last calls of users."""

from datetime import date

import pytest
from django.contrib.auth.models import User
from django.test import Client

from rollout.models import DailyCalls
from tests.contract.conftest import HOST

PAGE = "/admin/rollout/dailycalls/"


@pytest.fixture
def staff(db: None) -> Client:
    client = Client(SERVER_NAME=HOST)
    client.force_login(User.objects.create_superuser("operator"))
    return client


def test_staff_read_the_counts(staff: Client) -> None:
    """By day, version and client; a search finds clients by the beginning of their name."""
    for name in ("ShopApp/2.1", "Other/1"):
        DailyCalls.objects.create(
            day=date(2026, 11, 24), version="v1", client=name, resource="user", outcome="ok", calls=7
        )
    shown = staff.get(PAGE, {"version": "v1", "q": "Shop", "day__year": "2026"})
    assert shown.status_code == 200
    assert "ShopApp/2.1</td>" in shown.text
    assert "Other/1</td>" not in shown.text


def test_nobody_changes_them(staff: Client) -> None:
    """Not even a superuser; last calls have no page."""
    row = DailyCalls.objects.create(day=date(2026, 11, 24), version="v1", client="A/1", calls=7)
    for path in (f"{PAGE}add/", f"{PAGE}{row.pk}/delete/"):
        assert staff.post(path, {"post": "yes"}).status_code == 403
    assert staff.post(f"{PAGE}{row.pk}/change/", {"calls": "0"}).status_code == 403
    assert staff.get("/admin/rollout/lastcall/").status_code == 404
    assert DailyCalls.objects.get().calls == 7
