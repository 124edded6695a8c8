"""Storages that an operator might name in SOCIAL_AUTH_STORAGE; each keeps a list of what it was asked for."""

from typing import Any

from social_django.models import DjangoStorage, UserSocialAuth

asked: list[str] = []


class OwnUser(UserSocialAuth):
    """Creates users and associations itself."""

    class Meta:
        """The same table."""

        proxy = True
        app_label = "social_django"

    @classmethod
    def create_user(cls, *args: Any, **kwargs: Any) -> Any:
        """Record the arguments, and mark the user."""
        asked.append("create_user")
        user: Any = super().create_user(*args, **kwargs)
        user.is_staff = True
        user.save()
        return user

    @classmethod
    def create_social_auth(cls, *args: Any, **kwargs: Any) -> Any:
        """Record the arguments."""
        asked.append("create_social_auth")
        return super().create_social_auth(*args, **kwargs)


class OwnData(UserSocialAuth):
    """Leaves out of what is kept what it does not want to keep."""

    class Meta:
        """The same table."""

        proxy = True
        app_label = "social_django"

    def set_extra_data(self, extra_data: Any = None) -> Any:
        """Store only the id."""
        asked.append("set_extra_data")
        return super().set_extra_data({"id": (extra_data or {}).get("id")})


class OwnLookUp(UserSocialAuth):
    """Knows people under other ids as well."""

    class Meta:
        """The same table."""

        proxy = True
        app_label = "social_django"

    @classmethod
    def get_social_auth(cls, provider: str, uid: Any, id_key: str | None = None) -> Any:
        """Find an id, or what it was before."""
        return super().get_social_auth(provider, uid, id_key) or super().get_social_auth(provider, f"old-{uid}")


class Storage(DjangoStorage):
    """With users and associations of its own making."""

    user = OwnUser


class DataStorage(DjangoStorage):
    """With a say in what is kept."""

    user = OwnData


class LookUpStorage(DjangoStorage):
    """With a way of its own to find people."""

    user = OwnLookUp
