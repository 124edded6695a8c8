"""Every HTML page has a Content-Security-Policy and cannot be framed."""

import logging
from typing import Any

import pytest
from django.test import Client, override_settings
from pytest_django import Settings

from config import front
from tests.contract.conftest import HOST

pytestmark = [pytest.mark.django_db, pytest.mark.threat(33)]


def assert_protected(response: Any) -> None:
    assert response["Content-Type"].startswith("text/html")
    policy = dict(each.strip().split(" ", 1) for each in response["Content-Security-Policy"].split(";"))
    assert policy["default-src"] in {"'self'", "'none'"}
    assert (policy["frame-ancestors"], policy["base-uri"]) == ("'none'", "'none'")
    assert "unsafe" not in response["Content-Security-Policy"]
    assert (response["X-Frame-Options"], response["X-Content-Type-Options"]) == ("DENY", "nosniff")


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(
    "path",
    [
        *("", "nowhere", "static/nowhere.css", "admin", "admin/", "admin/login/", "admin/nowhere/", "api/v2/docs/"),
        *("docs/clients/", "docs/errors/", "docs/nowhere/"),
    ],
)
def test_pages_are_protected(path: str, debug: bool) -> None:
    """Pages that do not exist, too, and under DEBUG."""
    with override_settings(DEBUG=debug):
        assert_protected(Client(SERVER_NAME=HOST).get(f"/{path}"))


@pytest.mark.parametrize("debug", [False, True])
def test_the_page_of_a_failure_is_protected(
    debug: bool, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A bug of ours, with and without DEBUG."""
    settings.DEBUG = debug
    monkeypatch.setattr(front, "_context", lambda _: 1 / 0)
    with caplog.at_level(logging.CRITICAL):
        response = Client(SERVER_NAME=HOST, raise_request_exception=False).get("/")
    assert response.status_code == 500
    assert_protected(response)


def test_the_documentation_may_load_static_files_of_another_host(settings: Settings) -> None:
    """Where a project's STATIC_URL names one."""
    settings.STATIC_URL = "https://files.example.com/static/"
    policy = Client(SERVER_NAME=HOST).get("/api/v2/docs/")["Content-Security-Policy"]
    assert "script-src 'self' files.example.com; style-src 'self' files.example.com;" in policy


def test_the_documentation_has_no_inline_code() -> None:
    """Its scripts are files; a browser would refuse an inline one."""
    text = Client(SERVER_NAME=HOST).get("/api/v2/docs/").content.decode()
    assert "<style" not in text
    assert text.count("<script ") == text.count("</script>") == 2
    assert text.count("<script src=") == 2


def test_there_is_a_favicon() -> None:
    """Browsers ask for it beside an answer that names none."""
    client = Client(SERVER_NAME=HOST)
    redirect = client.get("/favicon.ico")
    assert (redirect.status_code, redirect["Cache-Control"]) == (302, "public, max-age=86400")
    icon = client.get(redirect["Location"])
    icon.close()
    assert (icon.status_code, icon["Content-Type"]) == (200, "image/svg+xml")
