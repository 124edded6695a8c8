"""The admin site: for staff, who sign in with a password."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path

from rollout.dashboard.views import page
from social import limits
from social.limits import client_address


class LoginForm(AdminAuthenticationForm):
    """Django's login form, which counts each attempt."""

    def clean(self) -> dict[str, Any]:
        """Count the attempt before the password is hashed.

        Not earlier: the CSRF token has been checked, so no other site's page can use up an administrator's budgets;
        and the name is the one that Django looks up, stripped and normalised.
        """
        name, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if name and password and self.request is not None:
            _count(self.request, name)
        return super().clean()


class Site(AdminSite):
    """Django's admin site with this project's name and the migration page."""

    site_title = "Tandem"
    site_header = "Tandem"
    index_title = "Administration"
    login_form = LoginForm
    index_template = "rollout/index.html"
    site_url = "/"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Return our URLs before Django's, whose last one matches every path."""
        return [path("migration/", self.admin_view(page), name="migration"), *super().get_urls()]

    def password_change(  # type: ignore[override]  # the stubs know of no other answer than a page
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Count each change as an attempt to sign in: a thief of a session could guess the old password."""
        if request.method == "POST":
            _count(request, request.user.get_username())
        return super().password_change(request, extra_context)


def _count(request: HttpRequest, user_name: str) -> None:
    """Count an attempt; `AdminPages` answers 429 if there were too many."""
    limits.count_admin_attempt(user_name, client_address(request.META))
