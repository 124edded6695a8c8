"""Rows stored by a sign-up."""

from typing import Any

from django.contrib.auth import get_user_model
from social_django.models import UserSocialAuth


def rows() -> list[tuple[Any, ...]]:
    """Return provider, uid and user id of each association, and check that each has a user of its own."""
    assert get_user_model().objects.count() == UserSocialAuth.objects.count()
    return list(UserSocialAuth.objects.values_list("provider", "uid", "user_id"))


def delete_users() -> None:
    """Delete all users and the rows that belong to them."""
    get_user_model().objects.all().delete()
