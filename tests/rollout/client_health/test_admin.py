"""Client teams in the admin: what is shown once, what is refused, and the record of notices."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client, override_settings
from django.urls import path
from django.utils import timezone

from rollout.models import ClientTeam, Notice
from social.tokens import digest_of
from tests.contract.conftest import HOST
from tests.rollout.client_health.conftest import NOW, a_team, record

pytestmark = pytest.mark.django_db

TEAMS = "/admin/rollout/clientteam/"


@pytest.fixture
def staff(admin_user: User) -> Client:
    """A browser of a staff user."""
    client = Client(SERVER_NAME=HOST)
    client.force_login(admin_user)
    return client


def form(**more: str) -> dict[str, str]:
    """Return the filled-in form of a team."""
    management = {"notices-TOTAL_FORMS": "0", "notices-INITIAL_FORMS": "0"}
    return {"name": "ShopApp", "email": "", "webhook_url": "", **management, **more}


def shown(response: Any) -> dict[str, str]:
    """Return what a page shows once."""
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    return dict(re.findall(r'<code id="(link|key|secret)">([^<]+)</code>', response.content.decode()))


@pytest.mark.threat(50)
def test_a_new_team(staff: Client) -> None:
    """Its link, key and secret are shown once; neither the database, the session nor the history has them."""
    found = shown(staff.post(f"{TEAMS}add/", form(email="shop@example.com")))
    team = ClientTeam.objects.get()
    assert team.key_digest == digest_of(found["key"])
    assert found["link"] == f"http://api.example.com/clients/#{found['key']}"
    assert found["secret"].startswith("whsec_")
    sessions = [one.get_decoded() for one in Session.objects.all()]
    stored = f"{ClientTeam.objects.values()} {LogEntry.objects.values()} {sessions}"
    for address in (TEAMS, f"{TEAMS}{team.pk}/change/", f"{TEAMS}{team.pk}/history/"):
        stored += staff.get(address).content.decode()
    assert found["key"] not in stored
    assert found["secret"].removeprefix("whsec_") not in stored


def test_the_form_of_a_new_team(staff: Client) -> None:
    """It has one button and no empty record of notices; that of a team has both."""
    added = staff.get(f"{TEAMS}add/").content.decode()
    changed = staff.get(f"{TEAMS}{a_team().row.pk}/change/").content.decode()
    assert [name in added for name in ("_save", "_addanother", "_continue", "times are UTC")] == [
        True,
        False,
        False,
        False,
    ]
    assert [name in changed for name in ("_save", "_addanother", "_continue", "times are UTC")] == [
        True,
        False,
        True,
        True,
    ]


@pytest.mark.parametrize(("action", "names"), [("new_link", {"link", "key"}), ("new_webhook_secret", {"secret"})])
def test_replacing_one(staff: Client, action: str, names: set[str]) -> None:
    """An action replaces the key, or the secret, of one team, and the history says so."""
    team = a_team()
    before: dict[str, Any] = dict(ClientTeam.objects.values().get())
    found = shown(staff.post(TEAMS, {"action": action, "_selected_action": [team.row.pk]}))
    assert set(found) == names
    after: dict[str, Any] = dict(ClientTeam.objects.values().get())
    changed = {name for name in before if before[name] != after[name]}
    assert changed == ({"webhook_secret"} if "secret" in names else {"key_digest", "key_created"})
    assert LogEntry.objects.get().get_change_message() in {"New link.", "New webhook secret."}


def test_replacing_several(staff: Client) -> None:
    """It is refused: which link would be whose?"""
    ids = [a_team(name).row.pk for name in ("One", "Two")]
    before = list(ClientTeam.objects.values())
    response = staff.post(TEAMS, {"action": "new_link", "_selected_action": ids}, follow=True)
    assert "Select one team" in response.content.decode()
    assert list(ClientTeam.objects.values()) == before


def test_a_change_keeps_the_key(staff: Client) -> None:
    """Another address needs no other link."""
    team = a_team().row
    assert staff.post(f"{TEAMS}{team.pk}/change/", form(email="new@example.com"))["Location"] == TEAMS
    changed = ClientTeam.objects.get()
    assert (changed.email, changed.key_digest) == ("new@example.com", team.key_digest)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"name": "ShopApp/2.1"}, "without a version"),
        ({"name": "ripley@example.com"}, "would not count a client of this name"),
        ({"name": "(none)"}, "would not count a client of this name"),
        ({"name": "Shop App"}, "would not count a client of this name"),
        ({"email": "nobody"}, "Enter a valid email address."),
        ({"webhook_url": "http://hooks.example.com/"}, "Give an https URL"),
        ({"webhook_url": "https://10.0.0.1/"}, "Give a public address."),
        ({"webhook_url": "https://[::1"}, "Give an https URL"),
    ],
)
def test_what_is_refused(staff: Client, given: dict[str, str], error: str) -> None:
    """Names that the ledger cannot have, and URLs that no webhook is sent to."""
    response = staff.post(f"{TEAMS}add/", form(**given))
    assert error in response.content.decode()
    assert not ClientTeam.objects.exists()


def test_a_name_without_calls(staff: Client) -> None:
    """It may be misspelt, and staff are asked."""
    question = "has been counted in the last 90 days: is it written so?"
    assert question in staff.post(f"{TEAMS}add/", form()).content.decode()
    record(timezone.now().date(), "v1", 1, client="Kiosk/1")
    assert question not in staff.post(f"{TEAMS}add/", form(name="Kiosk")).content.decode()


def test_the_record_of_notices(staff: Client) -> None:
    """It is shown with the team, and cannot be changed."""
    team = a_team().row
    Notice.objects.create(
        team=team, channel=Notice.Channel.MAIL, kind=Notice.Kind.SUNSET, at=NOW + timedelta(days=7), days=7, attempts=3
    )
    page = staff.get(f"{TEAMS}{team.pk}/change/").content.decode()
    assert "7 days before the sunset of 2026-12-05 09:00 UTC" in page
    assert "notices-0-attempts" not in page


def test_the_times_of_notices(staff: Client) -> None:
    """They are UTC, as their heading says, also in a project with another time zone."""
    team = a_team().row
    Notice.objects.create(
        team=team, channel=Notice.Channel.MAIL, kind=Notice.Kind.SUNSET, at=NOW + timedelta(days=7), days=7
    )
    with override_settings(TIME_ZONE="America/New_York"):
        page = staff.get(f"{TEAMS}{team.pk}/change/").content.decode()
    assert re.findall("2026-12-05 ([0-9:]+ [A-Z]+)", page) == ["09:00 UTC"] * 2


def test_a_permission_for_the_row(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project may refuse single teams; then no key of them is replaced."""
    team, other = a_team().row, a_team("Other").row

    def may_change(self: Any, request: Any, obj: ClientTeam | None = None) -> bool:
        return obj is None or obj.name == "ShopApp"

    monkeypatch.setattr("rollout.client_health.admin.ClientTeamAdmin.has_change_permission", may_change)
    for one, status in ((other, 403), (team, 200)):
        response = staff.post(TEAMS, {"action": "new_link", "_selected_action": [one.pk]})
        assert response.status_code == status
    assert ClientTeam.objects.get(name="Other").key_digest == other.key_digest


def test_a_project_without_the_page(staff: Client) -> None:
    """The key is shown without a link."""
    from django.contrib import admin  # noqa: PLC0415 - loaded by the URLs

    with override_settings(ROOT_URLCONF=(path("admin/", admin.site.urls),)):
        assert set(shown(staff.post(f"{TEAMS}add/", form()))) == {"key", "secret"}
