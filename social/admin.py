"""Associations in the admin, without what a provider has handed out; nothing else of social_django is shown."""

from django.contrib import admin
from django.http import HttpRequest
from social_django.admin import UserSocialAuthOption
from social_django.models import Association, Nonce, UserSocialAuth

# Registered by social_django: `extra_data` may hold a provider's tokens in clear, an OpenID association its secret.
for _model in (UserSocialAuth, Association, Nonce):
    if admin.site.is_registered(_model):  # a project may have hidden it before
        admin.site.unregister(_model)


@admin.register(UserSocialAuth)
class SocialAccountAdmin(UserSocialAuthOption):
    """Whose identity it is, to look at and to take away; what is in `extra_data` is never shown."""

    fields = ("user", "provider", "uid", "created", "modified")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only a proof adds one."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: UserSocialAuth | None = None) -> bool:
        """Nor does anything else move it."""
        return False
