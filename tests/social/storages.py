"""Storages that an operator may name in SOCIAL_AUTH_STORAGE; each records its calls."""

from typing import Any

from social_django.models import DjangoStorage, UserSocialAuth

calls: list[str] = []


class CreatingUserSocialAuth(UserSocialAuth):
    """A model that creates users and associations itself."""

    class Meta:
        """The same table."""

        proxy = True
        app_label = "social_django"

    @classmethod
    def create_user(cls, *args: Any, **kwargs: Any) -> Any:
        """Record the arguments, and mark the user."""
        calls.append("create_user")
        user: Any = super().create_user(*args, **kwargs)
        user.is_staff = True
        user.save()
        return user

    @classmethod
    def create_social_auth(cls, *args: Any, **kwargs: Any) -> Any:
        """Record the arguments."""
        calls.append("create_social_auth")
        return super().create_social_auth(*args, **kwargs)


class FilteringUserSocialAuth(UserSocialAuth):
    """A model that filters `extra_data`."""

    class Meta:
        """The same table."""

        proxy = True
        app_label = "social_django"

    def set_extra_data(self, extra_data: Any = None) -> Any:
        """Store only the id."""
        calls.append("set_extra_data")
        return super().set_extra_data({"id": (extra_data or {}).get("id")})


class FindingUserSocialAuth(UserSocialAuth):
    """A model that also finds identities by a former id."""

    class Meta:
        """The same table."""

        proxy = True
        app_label = "social_django"

    @classmethod
    def get_social_auth(cls, provider: str, uid: Any, id_key: str | None = None) -> Any:
        """Find an identity by its id or by its former id."""
        return super().get_social_auth(provider, uid, id_key) or super().get_social_auth(provider, f"old-{uid}")


class Storage(DjangoStorage):
    """A storage that creates users and associations itself."""

    user = CreatingUserSocialAuth


class DataStorage(DjangoStorage):
    """A storage that filters `extra_data`."""

    user = FilteringUserSocialAuth


class LookUpStorage(DjangoStorage):
    """A storage with a lookup of its own."""

    user = FindingUserSocialAuth
