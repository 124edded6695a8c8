"""The admin: access, the headers of its pages, and the secrets that no page shows."""

import importlib
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from social_django.models import Association, Nonce, UserSocialAuth

from config.pages import POLICY
from social import admin as social_admin
from social import tokens
from social.models import AccessToken
from tests.contract.conftest import HOST, ApiClient

pytestmark = [pytest.mark.django_db]

LOGIN = "/admin/login/"
CANARY = "canary-8d1f"


@pytest.fixture
def browser() -> Client:
    """A browser without a session."""
    return Client(SERVER_NAME=HOST, raise_request_exception=False)


@pytest.fixture
def staff(browser: Client, admin_user: User) -> Client:
    """A browser with the session of a staff user."""
    browser.force_login(admin_user)
    return browser


def attempt(browser: Client, password: str) -> Any:
    """Send the login form."""
    return browser.post(LOGIN, {"username": "admin", "password": password})


def test_only_staff_can_log_in(browser: Client) -> None:
    """A user of the APIs cannot, with or without a password."""
    User.objects.create_user("ripley", password="password")
    response = browser.post(LOGIN, {"username": "ripley", "password": "password"})
    assert (response.status_code, "sessionid" in browser.cookies) == (200, False)
    browser.force_login(User.objects.get(username="ripley"))
    assert browser.get("/admin/").status_code == 302


@pytest.mark.threat(65)
def test_no_redirect_is_long(browser: Client, staff: Client) -> None:
    """One that would repeat a long address leads to the first page: before and after signing in, and of staff."""
    long = "x" * 1500
    visitor = Client(SERVER_NAME=HOST)
    for response in (
        visitor.get(f"/admin/?{long}"),
        visitor.get(f"/admin/{long}/"),
        staff.get(f"/admin/auth/user/{long}/"),
    ):
        assert (response.status_code, response["Location"]) == (302, "/admin/")
    User.objects.create_superuser("ripley", password="nostromo")
    signed_in = visitor.post(f"{LOGIN}?next=/admin/{long}", {"username": "ripley", "password": "nostromo"})
    assert (signed_in.status_code, signed_in["Location"]) == (302, "/admin/")
    assert Client(SERVER_NAME=HOST).get("/admin/?e=1")["Location"] == "/admin/login/?next=/admin/%3Fe%3D1"


def test_an_access_token_is_no_login(browser: Client, admin_user: User) -> None:
    """Not even a token of a staff user."""
    token = tokens.issue(user=admin_user).value
    assert browser.get("/admin/", headers={"Authorization": f"Bearer {token}"}).status_code == 302


@pytest.mark.usefixtures("admin_user")
def test_forms_need_a_csrf_token() -> None:
    """Without it there is no login and no change."""
    browser = Client(SERVER_NAME=HOST, enforce_csrf_checks=True)
    assert attempt(browser, "password").status_code == 403
    browser.force_login(User.objects.get(username="admin"))
    assert browser.post(reverse("admin:rollout_brownout_add"), {}).status_code == 403


@pytest.mark.threat(33)
@pytest.mark.parametrize("path", ["", "login/", "nowhere/", "rollout/brownout/", "rollout/brownout/add/"])
def test_pages_have_security_headers(staff: Client, path: str) -> None:
    """Whatever their status: no foreign scripts, no caching, no framing by other sites."""
    response = staff.get(f"/admin/{path}")
    assert response.status_code in {200, 302, 404}
    assert response["Content-Security-Policy"] == POLICY
    assert response["Cache-Control"] == "no-store"
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    text = response.content.decode()
    assert "<style" not in text
    assert ' style="' not in text


@pytest.mark.threat(33)
@pytest.mark.parametrize("path", ["login/", "auth/user/add/", "nowhere/"])
def test_a_large_body_is_refused(browser: Client, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it is read: Django would write a file of any size to the disk, without a session or a CSRF token."""
    monkeypatch.setattr(TemporaryFileUploadHandler, "new_file", lambda *_, **__: pytest.fail("a file is written"))
    sent = {"username": "admin", "file": SimpleUploadedFile("x", b"x" * 3 * 2**20)}
    response = browser.post(f"/admin/{path}", sent)
    assert (response.status_code, response.content) == (413, b"The request body is too large.\n")
    assert response["Cache-Control"] == "no-store"


@pytest.mark.threat(28)
def test_a_database_that_is_down_is_a_503(staff: Client) -> None:
    """With one line of text, as for the APIs."""

    def fail(*_: Any) -> Any:
        raise OperationalError("canary")

    with connection.execute_wrapper(fail):
        response = staff.get("/admin/")
    text = b"The service is temporarily unavailable. Try again in 1 s.\n"
    assert (response.status_code, response.content) == (503, text)
    assert response["Retry-After"]
    assert response["Cache-Control"] == "no-store"


@pytest.mark.threat(29, 30, 31)
@pytest.mark.parametrize("may", ["everything", "view"])
def test_no_page_shows_a_credential(staff: Client, admin_user: User, may: str) -> None:
    """Every page of every registered model, with a row of each model that stores one.

    Staff who may only view see other widgets (CVE-2018-16984 of Django showed them the hashes of passwords).
    """
    account = UserSocialAuth.objects.create(
        user=admin_user, provider="facebook", uid="10011", extra_data={"access_token": CANARY, "id": "10011"}
    )
    Association.objects.create(server_url="x", handle="h", secret=CANARY, issued=1, lifetime=1, assoc_type="x")
    Nonce.objects.create(server_url="x", timestamp=1, salt=CANARY)
    token = tokens.issue(user=admin_user).value
    secrets = [CANARY, token, AccessToken.objects.get().digest, admin_user.password, staff.cookies["sessionid"].value]
    if may == "view":
        reader = User.objects.create_user("reader", password="password", is_staff=True)
        reader.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
        staff.force_login(reader)
        secrets += [reader.password, staff.cookies["sessionid"].value]
    pages = [reverse("admin:index")]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        pages.append(reverse(f"{name}_changelist"))
        pages += [
            reverse(f"{name}_{page}", args=[row.pk])
            for row in model._default_manager.all()
            for page in ("change", "history", "delete")
        ]
    assert reverse("admin:social_django_usersocialauth_change", args=[account.pk]) in pages
    for page in pages:
        response = staff.get(page, follow=True)
        assert response.status_code in {200, 403}, page
        for secret in secrets:
            assert secret not in response.content.decode(), page


@pytest.mark.threat(29)
@pytest.mark.parametrize(
    ("model", "lookup"),
    [
        ("social_django_usersocialauth", "extra_data__icontains=canary"),
        ("social_django_usersocialauth", "extra_data__access_token__startswith=canary"),
        ("social_django_usersocialauth", "extra_data=%7B%7D"),
        ("social_django_usersocialauth", "user__password__startswith=md5"),
        ("auth_user", "password__startswith=md5"),
        ("auth_user", "social_auth__extra_data__icontains=canary"),
        ("auth_user", "access_tokens__digest__startswith=a"),
        ("auth_group", "user__password__startswith=md5"),
    ],
)
def test_no_filter_guesses_a_credential(staff: Client, admin_user: User, model: str, lookup: str) -> None:
    """Django filters a list by any field of its model that a query names, one character after the other."""
    UserSocialAuth.objects.create(
        user=admin_user, provider="facebook", uid="10011", extra_data={"access_token": CANARY}
    )
    tokens.issue(user=admin_user)
    response = staff.get(f"{reverse(f'admin:{model}_changelist')}?{lookup}")
    assert response.status_code == 400
    assert CANARY not in response.content.decode()


def test_associations_can_only_be_viewed_and_deleted(staff: Client, admin_user: User) -> None:
    """No page adds or changes one, which would need a proof; deleting a user deletes theirs."""
    user = User.objects.create_user("ripley")
    account = UserSocialAuth.objects.create(user=user, provider="facebook", uid="10011")
    change = reverse("admin:social_django_usersocialauth_change", args=[account.pk])
    assert "10011" in staff.get(change).content.decode()
    assert staff.post(change, {"user": admin_user.pk, "provider": "facebook", "uid": "10012"}).status_code == 403
    assert staff.get(reverse("admin:social_django_usersocialauth_add")).status_code == 403
    account.refresh_from_db()
    assert (account.user_id, account.uid) == (user.pk, "10011")
    tokens.issue(user=user)
    assert staff.post(reverse("admin:auth_user_delete", args=[user.pk]), {"post": "yes"}).status_code == 302
    assert not UserSocialAuth.objects.exists()


USERS = "/admin/auth/user/"


def people() -> list[User]:
    """Create three users with two tokens each."""
    users = [User.objects.create_user(name, first_name=name) for name in ("ripley", "parker", "lambert")]
    for user in users * 2:
        tokens.issue(user=user)
    return users


def sign_out(browser: Client, *users: User) -> Any:
    """Send the form of the action for these users."""
    chosen = {"action": "sign_out_everywhere", "_selected_action": [user.pk for user in users]}
    return browser.post(USERS, chosen, follow=True)


@pytest.mark.threat(43)
def test_staff_can_sign_users_out_everywhere(staff: Client, admin_user: User) -> None:
    """The action revokes all tokens of the selected users, and is recorded for each."""
    ripley, parker, _ = people()
    assert "Sign out everywhere" in staff.get(USERS).content.decode()
    assert "The selected users are signed out everywhere." in sign_out(staff, ripley, parker).content.decode()
    assert set(AccessToken.objects.values_list("user__username", flat=True)) == {"lambert"}
    logged = LogEntry.objects.order_by("pk").values_list("user_id", "object_id", "change_message")
    message = "Signed out everywhere."
    assert set(logged) == {(admin_user.pk, str(user.pk), message) for user in (ripley, parker)}


@pytest.mark.threat(43)
def test_signing_out_others_needs_the_permission_to_change_them(browser: Client) -> None:
    """Staff who may only view users are not offered the action, and cannot send it."""
    ripley, *_ = people()
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_user"))
    browser.force_login(viewer)
    assert "Sign out everywhere" not in browser.get(USERS).content.decode()
    sign_out(browser, ripley)
    assert AccessToken.objects.count() == 6
    assert not LogEntry.objects.exists()


@pytest.mark.threat(9, 43)
def test_deactivating_a_user_signs_them_out_everywhere(staff: Client, api: ApiClient) -> None:
    """The form of the admin, sent without `is_active`; activating the user again brings no token back."""
    ripley, *_ = people()
    token = tokens.issue(user=ripley).value
    for active in ({}, {"is_active": "on"}):
        form = {"username": "ripley", "date_joined_0": "2026-11-23", "date_joined_1": "20:00:00", **active}
        assert staff.post(f"{USERS}{ripley.pk}/change/", form).status_code == 302
        assert api.get("user/", token=token).status_code == 401
    ripley.refresh_from_db()
    assert ripley.is_active
    assert AccessToken.objects.count() == 4


def test_a_projects_own_admin_of_users_is_kept() -> None:
    """Only Django's own class is replaced; another one adds the action itself."""

    class Own(UserAdmin):  # type: ignore[type-arg]  # no subscript at run time
        pass

    for registered, found in ((Own, Own), (UserAdmin, social_admin.UsersAdmin)):
        admin.site.unregister(User)
        admin.site.register(User, registered)
        importlib.reload(social_admin)
        assert type(admin.site.get_model_admin(User)).__name__ == found.__name__
    admin.site.unregister(User)
    importlib.reload(social_admin)
    assert not admin.site.is_registered(User)
    admin.site.register(User, social_admin.UsersAdmin)


def test_the_admin_of_social_django_may_be_unregistered() -> None:
    """A project that has unregistered its models starts without an error."""
    admin.site.unregister(UserSocialAuth)
    importlib.reload(social_admin)
    assert isinstance(admin.site.get_model_admin(UserSocialAuth), social_admin.SocialAccountAdmin)


def test_models_with_secrets_are_not_in_the_admin() -> None:
    """Tokens, OpenID's secrets, sessions and the log."""
    known = {model._meta.label for model in admin.site._registry}
    assert not known & {
        "social.AccessToken",
        "social_django.Association",
        "social_django.Nonce",
        "social_django.Code",
        "social_django.Partial",
        "sessions.Session",
        "admin.LogEntry",
    }


@pytest.mark.threat(11)
def test_every_cookie_is_for_the_admin_alone(browser: Client, admin_user: User) -> None:
    """Sessions, CSRF tokens and messages: browsers send none of them to an API."""
    browser.get(LOGIN)
    attempt(browser, "password")
    browser.post(reverse("admin:rollout_plan_add"), {"guide": "https://example.com/migrate"})
    assert {"csrftoken", "sessionid"} <= browser.cookies.keys()
    assert {cookie["path"] for cookie in browser.cookies.values()} == {"/admin/"}
    assert "in effect on all workers" in browser.get("/admin/").content.decode()


@pytest.mark.parametrize("path", ["", "login/", "migration/"])
@pytest.mark.parametrize("value", [r'"\000aaaaaaaaaaaaaaaa"', "a" * 33, "A" * 32, '"\xff' + "a" * 31 + '"'])
def test_a_cookie_that_is_no_session_key_is_ignored(
    browser: Client, path: str, value: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """PostgreSQL rejects a query with a NUL character, which a cookie can contain."""
    with django_assert_num_queries(0):
        response = browser.get(f"/admin/{path}", headers={"Cookie": f"sessionid={value}"})
    assert response.status_code in {200, 302}


@pytest.mark.threat(35)
def test_other_cookies_are_ignored(browser: Client, staff: Client) -> None:
    """Applications on the same host may set many cookies, with quotes and of any length."""
    others = r'a="\101"; ' * 800 + 'csrftoken="x"; b; =c; sessionid='
    own = f"sessionid={staff.cookies['sessionid'].value}"
    for cookie in (f"{others}; {own}", f"{own}; {others}"):
        assert browser.get("/admin/", headers={"Cookie": cookie}).status_code == 200


@pytest.mark.threat(35)
@pytest.mark.parametrize("length", ["65537", "9" * 5000, "0" * 5000 + "65537"])
def test_a_long_form_is_refused(browser: Client, length: str) -> None:
    """It is refused by its declared length, before Django parses it."""
    response = browser.post(LOGIN, b"a=b", content_type="application/x-www-form-urlencoded", CONTENT_LENGTH=length)
    assert (response.status_code, response["Content-Type"]) == (413, "text/plain; charset=utf-8")
    assert response.content == b"The request body is too large.\n"


@pytest.mark.threat(11)
@pytest.mark.parametrize("path", ["", "provider/", "user/", "token/current/", "nowhere/"])
def test_an_api_ignores_sessions(
    api: ApiClient, staff: Client, path: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """With a staff user's cookie: the same answer, no query, and no cookie is set."""
    plain = api.get(path)
    with django_assert_num_queries(0):
        response = staff.get(api.prefix + path)
    assert (response.status_code, response.content) == (plain.status_code, plain.content)
    for answer in (plain, response):
        assert not {"Set-Cookie", "Vary"} & {name for name, _ in answer.items()}
        assert not answer.cookies
