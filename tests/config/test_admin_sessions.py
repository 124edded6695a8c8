"""The sessions of staff: how they begin, what their cookies allow, and what ends them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from tests.contract.conftest import HOST

pytestmark = [pytest.mark.django_db, pytest.mark.threat(33)]

LOGIN = "/admin/login/"
GIVEN = {"username": "admin", "password": "password"}


@pytest.fixture
def browser() -> Client:
    """A browser without a session."""
    return Client(SERVER_NAME=HOST)


def sign_in(browser: Client, **more: Any) -> Any:
    """Send the login form with the right password."""
    return browser.post(LOGIN, {**GIVEN, **more})


@pytest.mark.usefixtures("admin_user")
def test_a_session_begins_with_the_sign_in(browser: Client) -> None:
    """A session key that somebody has planted is not used."""
    planted = Session.objects.create(session_key="a" * 32, session_data="", expire_date="2099-01-01T00:00Z")
    browser.cookies["sessionid"] = planted.session_key
    assert sign_in(browser).status_code == 302
    assert browser.cookies["sessionid"].value != planted.session_key
    assert browser.get("/admin/").status_code == 200
    browser.cookies["sessionid"] = planted.session_key
    assert browser.get("/admin/").status_code == 302


@pytest.mark.usefixtures("admin_user")
def test_the_cookie_is_for_this_site_alone(browser: Client) -> None:
    """No script reads it, no other site's page sends it, and it ends with the browser."""
    sign_in(browser)
    cookie = browser.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Strict", "/admin/", "")
    assert (cookie["max-age"], cookie["expires"]) == ("", "")


@pytest.mark.usefixtures("admin_user")
def test_behind_a_proxy_the_cookies_are_for_tls(browser: Client, settings: Settings) -> None:
    """`config.settings` sets both with TRUSTED_PROXIES."""
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    browser.get(LOGIN)
    sign_in(browser)
    assert {name: bool(cookie["secure"]) for name, cookie in browser.cookies.items()} == {
        "csrftoken": True,
        "sessionid": True,
    }


def _change_the_password(user: User) -> None:
    user.set_password("another")


def _deactivate(user: User) -> None:
    user.is_active = False


def _dismiss(user: User) -> None:
    user.is_staff = False


@pytest.mark.parametrize("change", [_change_the_password, _deactivate, _dismiss])
def test_a_session_ends_with_the_right_to_it(browser: Client, admin_user: User, change: Callable[[User], None]) -> None:
    """The next page after another administrator's change is the login page."""
    sign_in(browser)
    assert browser.get("/admin/migration/").status_code == 200
    change(admin_user)
    admin_user.save()
    for path in ("/admin/", "/admin/migration/", "/admin/password_change/", "/admin/jsi18n/", "/admin/r/1/1/"):
        answer = browser.get(path)
        assert (answer.status_code, answer["Location"]) == (302, f"{LOGIN}?next={path}")


@pytest.mark.usefixtures("admin_user")
def test_a_logout_ends_the_session_on_the_server(browser: Client) -> None:
    """A copy of the cookie is worth nothing afterwards; a link cannot sign anybody out."""
    sign_in(browser)
    copy = browser.cookies["sessionid"].value
    assert browser.get("/admin/logout/").status_code == 405
    assert browser.get("/admin/").status_code == 200
    assert browser.post("/admin/logout/").status_code == 200
    browser.cookies["sessionid"] = copy
    assert browser.get("/admin/").status_code == 302
    assert not Session.objects.exists()


@pytest.mark.usefixtures("admin_user")
@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "https:evil.example"],
)
def test_a_sign_in_leads_nowhere_else(browser: Client, target: str, settings: Settings) -> None:
    """`next` of another site is ignored."""
    assert sign_in(browser, next="/admin/auth/user/")["Location"] == "/admin/auth/user/"
    assert sign_in(Client(SERVER_NAME=HOST), next=target)["Location"] == settings.LOGIN_REDIRECT_URL


@pytest.mark.parametrize("rights", [(), ("view_plan", "view_brownout", "view_dailycalls", "view_usersocialauth")])
def test_staff_can_do_what_they_have_a_permission_for(browser: Client, rights: tuple[str, ...]) -> None:
    """The page *Migration* needs none; without the permission to view nothing is shown, without others none changed."""
    reader = User.objects.create(username="reader", is_staff=True)
    reader.user_permissions.set(Permission.objects.filter(codename__in=rights))
    browser.force_login(reader)
    assert browser.get("/admin/migration/").status_code == 200
    for model in ("rollout_plan", "rollout_brownout", "rollout_dailycalls", "social_django_usersocialauth"):
        assert browser.get(reverse(f"admin:{model}_changelist")).status_code == (200 if rights else 403)
        for page in ("add", "change", "delete"):
            url = reverse(f"admin:{model}_{page}", args=[] if page == "add" else [1])
            assert browser.post(url, {"post": "yes"}).status_code in {302, 403}
    for path in ("auth/user/", "auth/user/add/", "auth/group/", f"auth/user/{reader.pk}/password/"):
        assert browser.get(f"/admin/{path}").status_code == 403
    end_now = {"action": "end_now", "_selected_action": "1"}
    assert "Ended" not in browser.post(reverse("admin:rollout_brownout_changelist"), end_now).content.decode()


def test_staff_who_may_change_users_may_make_themselves_superusers(browser: Client) -> None:
    """As in every Django admin; docs/operators.md says so."""
    clerk = User.objects.create_user("clerk", password="password", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["change_user", "view_user"]))
    browser.force_login(clerk)
    form = browser.get(f"/admin/auth/user/{clerk.pk}/change/").content.decode()
    assert 'name="is_superuser"' in form
