"""The page: access, content, and its number of queries."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from rollout.models import Brownout, DailyCalls
from tests.contract.conftest import HOST
from tests.rollout import traffic

pytestmark = pytest.mark.django_db

PAGE = "/admin/migration/"
QUERIES = 20
"""Eleven are the figures'; the rest is Django's (session, user, permissions), and the plan's."""


@pytest.fixture
def staff() -> Client:
    """A staff user without further permissions."""
    client = Client(SERVER_NAME=HOST)
    client.force_login(User.objects.create(username="dallas", is_staff=True))
    return client


def text(client: Client, query: str = "") -> str:
    response = client.get(PAGE + query)
    assert response.status_code == 200
    return response.content.decode()


def test_staff_only(staff: Client) -> None:
    """Other users are redirected to the sign-in; the page is not cached."""
    assert staff.get(PAGE).status_code == 200
    assert "no-store" in staff.get(PAGE)["Cache-Control"]
    visitor = Client(SERVER_NAME=HOST)
    assert visitor.get(PAGE)["Location"] == f"/admin/login/?next={PAGE}"
    visitor.force_login(User.objects.create(username="ripley"))
    assert visitor.get(PAGE)["Location"] == f"/admin/login/?next={PAGE}"


def test_the_admin_links_to_it(staff: Client) -> None:
    """The index of the admin links to it."""
    assert f'href="{PAGE}"' in staff.get("/admin/").content.decode()


def test_nothing_recorded(staff: Client) -> None:
    """It explains how to record calls, and has no charts."""
    page = text(staff)
    assert "Not known: no calls are recorded yet." in page
    assert "LEDGER_FLUSH_SECONDS" in page
    assert "<canvas" not in page
    assert "<script" not in page.partition("<body")[2]


def test_all_figures_are_text(staff: Client) -> None:
    """The answer, each client with its last day, the figures of each day, the dates and the outcomes are text."""
    now = timezone.now()
    DailyCalls.objects.create(day=now, version="v1", client="A&B/1", resource="user", outcome="throttled", calls=1234)
    DailyCalls.objects.create(day=now, version="v2", client="C/1", resource="user", outcome="ok", calls=8766)
    old = now - timedelta(days=30)
    DailyCalls.objects.create(day=old, version="v1", client="D/1", resource="user", outcome="ok", calls=7)
    brownout = (datetime(now.year + 1, 2, 3, 10, tzinfo=UTC), timedelta(minutes=15))
    with override_settings(V1_DEPRECATED_AT=now, V1_SUNSET_AT=now + timedelta(days=90), V1_BROWNOUTS=[brownout]):
        page = " ".join(text(staff).replace("\N{NO-BREAK SPACE}", " ").split())
    assert "Not yet: v1 has 12.3 % of the calls, and 0 users depend on it." in page
    assert f'<th scope="row">{now:%Y-%m-%d}</th><td class="number">1,234</td><td class="number">0</td>' in page
    assert "A&amp;B/1" in page
    assert f"D/1</a>, last on {old:%Y-%m-%d}" in page
    assert "C/1" not in page
    assert f"{now.year + 1}-02-03 10:00 to 10:15 UTC" in page
    assert f"{now + timedelta(days=90):%Y-%m-%d %H:%M} UTC" in page
    assert "<code>throttled</code>" in page


def test_past_brownouts_of_the_admin_are_marked(staff: Client) -> None:
    """While their days are shown, because they explain the calls of those days."""
    traffic.fill("just_started", timezone.now())
    for days in (9, 60):
        start = timezone.now() - timedelta(days=days)
        Brownout.objects.create(start=start, end=start + timedelta(hours=1), share=25, client="ShopApp/2.4")
    page = text(staff, "?range=4-weeks")
    assert page.count("UTC, 25\N{NO-BREAK SPACE}% of calls of ShopApp/2.4") == 1
    assert page.count('"kind": "brownout"') == 3
    assert text(staff, "?range=year").count("UTC, 25\N{NO-BREAK SPACE}% of calls of ShopApp/2.4") == 2


@pytest.mark.parametrize("query", ["", "?range=4-weeks", "?range=year"])
def test_its_queries_do_not_grow(
    staff: Client, query: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """The number of queries does not depend on the number of clients, weeks and users."""
    traffic.fill("stuck", timezone.now(), days=40)
    with django_assert_max_num_queries(QUERIES):
        text(staff, query)


def test_an_unknown_range(staff: Client) -> None:
    """It is answered 404."""
    assert staff.get(PAGE + "?range=ages").status_code == 404


def test_no_script_but_ours(staff: Client) -> None:
    """The policy allows no other origin and no inline script."""
    traffic.fill("just_started", timezone.now())
    response = staff.get(PAGE)
    policy = dict(each.strip().split(" ", 1) for each in response["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert set(policy) == {"default-src", "base-uri", "form-action", "frame-ancestors", "object-src"}
    page = response.content.decode()
    assert "//" not in page.replace("http://www.w3.org/2000/svg", "")
    assert " style=" not in page
    assert " on" + "click=" not in page


THEME = """<html><head><script>theme()</script>{% block extrastyle %}{% endblock %}{% block extrahead %}{% endblock %}
</head><body style="color: red">{% block content %}{% endblock %}</body></html>"""


def test_a_projects_admin_theme(staff: Client, tmp_path: Path, settings: Settings) -> None:
    """In another project the page sets no policy, which would break a theme with inline code, and brings its own files.

    It needs none of the theme's blocks but those for content, styles and scripts.
    """
    (tmp_path / "admin").mkdir()
    (tmp_path / "admin" / "base_site.html").write_text(THEME)
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if one != "config.pages.PageHeaders"]
    traffic.fill("just_started", timezone.now())
    response = staff.get(PAGE)
    page = response.content.decode()
    assert response.status_code == 200
    assert "Content-Security-Policy" not in response
    assert "<script>theme()</script>" in page
    head, _, body = page.partition("<body")
    assert "rollout/dashboard.css" in head
    assert "rollout/dashboard.js" in head
    assert '<div class="migration">' in body
    assert set(re.findall(r"<script[^>]*>", body)) == {'<script id="charts" type="application/json">'}


def test_the_history_outlives_the_version(staff: Client) -> None:
    """The calls of v1 are shown after its app is removed from the settings."""
    traffic.fill("done", timezone.now(), days=90)
    with override_settings(APIS={"api_v2": "api/v2/"}):
        assert "Yes: v1 has 0.0\N{NO-BREAK SPACE}% of the calls, and no user depends on it." in text(staff)
