"""The admin: for staff, who sign in with a password of their own."""

from django.contrib.admin import AdminSite
from django.urls import URLPattern, URLResolver, path

from rollout.dashboard.views import page


class Site(AdminSite):
    """Django's admin under this project's name, with the page of the migration."""

    site_title = "Tandem"
    site_header = "Tandem"
    index_title = "Administration"
    index_template = "rollout/index.html"
    site_url = "/"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Put our page before Django's, which end with one that takes every path."""
        return [path("migration/", self.admin_view(page), name="migration"), *super().get_urls()]
