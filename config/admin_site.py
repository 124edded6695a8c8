"""The admin: for staff, who sign in with a password of their own."""

from django.contrib.admin import AdminSite


class Site(AdminSite):
    """Django's admin under this project's name."""

    site_title = "Tandem"
    site_header = "Tandem"
    index_title = "Administration"
    site_url = "/"
