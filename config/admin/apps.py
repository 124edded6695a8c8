"""The AppConfigs of the admin's site and of social_django, with the names that staff read.

They are this service's own. In another project the admin and social_django are the project's, and keep their names.
"""

from django.contrib.admin.apps import AdminConfig
from social_django.apps import PythonSocialAuthConfig


class SiteAdminConfig(AdminConfig):
    """Django's admin with the site of this project."""

    default_site = "config.admin.site.Site"


class LinkedAccountsConfig(PythonSocialAuthConfig):
    """social_django, whose only page in this admin is the list of linked accounts."""

    verbose_name = "Linked accounts"

    def ready(self) -> None:
        """Name the model; migrations do not see a name that is set here."""
        super().ready()
        options = self.get_model("UserSocialAuth")._meta
        options.verbose_name, options.verbose_name_plural = "linked account", "linked accounts"
