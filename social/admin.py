"""The admin of associations, in place of social_django's admin pages, which show provider tokens."""

from django.contrib import admin
from django.http import HttpRequest
from social_django.admin import UserSocialAuthOption
from social_django.models import Association, Nonce, UserSocialAuth

# social_django registers them: `extra_data` may hold provider tokens, and an OpenID association its secret.
for _model in (UserSocialAuth, Association, Nonce):
    if admin.site.is_registered(_model):  # a project may have unregistered it
        admin.site.unregister(_model)


@admin.register(UserSocialAuth)
class SocialAccountAdmin(UserSocialAuthOption):
    """Associations: view and delete. `extra_data` is never shown."""

    fields = ("user", "provider", "uid", "created", "modified")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Refuse `?extra_data__startswith=…`, with which a provider token could be guessed piece by piece."""
        return not lookup.startswith("extra_data") and bool(super().lookup_allowed(lookup, value, request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: only a sign-up with a proven credential adds an association."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: UserSocialAuth | None = None) -> bool:
        """Return False: nothing may move an association to another user."""
        return False
