"""The admin site: for staff, who sign in with a password."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path

from rollout.dashboard.views import page
from shared.contract.errors import Throttled
from social import limits
from social.limits import client_address


class Site(AdminSite):
    """Django's admin site with this project's name and the migration page."""

    site_title = "Tandem"
    site_header = "Tandem"
    index_title = "Administration"
    index_template = "rollout/index.html"
    site_url = "/"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Return our URLs before Django's, whose last one matches every path."""
        return [path("migration/", self.admin_view(page), name="migration"), *super().get_urls()]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Count each attempt against the address's limit, as an anonymous sign-up, before the password is checked."""
        if request.method == "POST":
            try:
                limits.count_address(client_address(request.META))
            except Throttled as error:
                return _too_many_attempts(error.headers["Retry-After"])
        return super().login(request, extra_context)


def _too_many_attempts(seconds: str) -> HttpResponse:
    return HttpResponse(
        f"Too many attempts. Try again in {seconds} seconds.\n",
        status=Throttled.status,
        content_type="text/plain; charset=utf-8",
        headers={"Retry-After": seconds},
    )
