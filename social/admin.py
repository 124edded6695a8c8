"""The admin of associations, in place of social_django's, which shows provider tokens; an action for users' admins."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.db import router, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from social_django.admin import UserSocialAuthOption
from social_django.models import Association, Nonce, UserSocialAuth

from social import tokens
from social.models import AccessToken, User

# social_django registers them: `extra_data` may hold provider tokens, and an OpenID association its secret.
for _model in (UserSocialAuth, Association, Nonce):
    if admin.site.is_registered(_model):  # a project may have unregistered it
        admin.site.unregister(_model)


@admin.register(UserSocialAuth)
class SocialAccountAdmin(UserSocialAuthOption):
    """Associations: view and delete. `extra_data` is never shown."""

    fields = ("user", "provider", "uid", "created", "modified")
    # Without the primary key, which means nothing to staff.
    list_display = ("user", "provider", "uid", "created", "modified")  # type: ignore[assignment]  # one fewer than there

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Refuse `?extra_data__startswith=…`, with which a provider token could be guessed piece by piece."""
        return not lookup.startswith("extra_data") and bool(super().lookup_allowed(lookup, value, request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: only a sign-up with a proven credential adds an association."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: UserSocialAuth | None = None) -> bool:
        """Return False: nothing may move an association to another user."""
        return False


@admin.action(description="Sign out everywhere", permissions=["change"])
def sign_out_everywhere(model_admin: "admin.ModelAdmin[Any]", request: HttpRequest, queryset: QuerySet[User]) -> None:
    """Revoke all access tokens of the selected users: an action for the admin of any user model."""
    with transaction.atomic(using=router.db_for_write(AccessToken)):
        for user in queryset:
            tokens.revoke_all(user)
            model_admin.log_change(request, user, "Signed out everywhere.")
    model_admin.message_user(request, "The selected users are signed out everywhere.", messages.SUCCESS)


class UsersAdmin(UserAdmin):  # type: ignore[type-arg]  # no subscript at run time
    """Django's admin of users, with the action to sign out everywhere."""

    actions = (sign_out_everywhere,)


# A project with an admin of its own for users adds the action itself (docs/adopters.md).
_users = get_user_model()
if admin.site.is_registered(_users) and type(admin.site.get_model_admin(_users)) is UserAdmin:
    admin.site.unregister(_users)
    admin.site.register(_users, UsersAdmin)
