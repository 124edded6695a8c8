"""The differences in the admin: to be read, and deleted when they are mended."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from rollout.models import ParityDifference

pytestmark = pytest.mark.django_db
LIST = "/admin/rollout/paritydifference/"


@pytest.fixture
def row() -> ParityDifference:
    """A difference that was seen."""
    now = timezone.now()
    told = {"called": "v1", "compared": "v2", "method": "GET", "path": "user/{id}", "part": "body", "place": "email"}
    return ParityDifference.objects.create(key="k", old="null", new="number", first_seen=now, last_seen=now, **told)


@pytest.fixture
def staff() -> Client:
    """Somebody who may do everything."""
    client = Client()
    client.force_login(User.objects.create_superuser("mother", password="x"))
    return client


def test_it_is_listed_and_shown(staff: Client, row: ParityDifference) -> None:
    """Where it is, and what was given, described."""
    for page in (LIST, f"{LIST}{row.pk}/change/"):
        shown = staff.get(page)
        assert shown.status_code == 200
        assert "user/{id}" in shown.text


def test_nobody_writes_one(staff: Client, row: ParityDifference) -> None:
    """Neither by adding nor by changing."""
    values: dict[str, Any] = {"method": "POST"}
    assert staff.post(f"{LIST}add/", values).status_code == 403
    assert staff.post(f"{LIST}{row.pk}/change/", values).status_code == 403
    row.refresh_from_db()
    assert row.method == "GET"


def test_a_mended_one_is_deleted(staff: Client, row: ParityDifference) -> None:
    """So that it is seen anew if it comes back."""
    assert staff.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not ParityDifference.objects.exists()
