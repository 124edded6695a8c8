"""The AppConfig of the admin; in a module of its own, since Django looks for one default in each."""

from django.contrib.admin.apps import AdminConfig


class SiteAdminConfig(AdminConfig):
    """Django's admin with the site of this project."""

    default_site = "config.admin.site.Site"
