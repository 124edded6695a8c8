"""Django's entry to the admin; a module of its own, for Django looks for one default entry in each."""

from django.contrib.admin.apps import AdminConfig


class SiteAdminConfig(AdminConfig):
    """Django's admin, with the site of this project."""

    default_site = "config.admin_site.Site"
