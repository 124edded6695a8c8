"""What a sign-up has left in the database."""

from typing import Any

from django.contrib.auth import get_user_model
from social_django.models import UserSocialAuth


def rows() -> list[tuple[Any, ...]]:
    """Give provider, uid and user of each association; there is a user for each."""
    assert get_user_model().objects.count() == UserSocialAuth.objects.count()
    return list(UserSocialAuth.objects.values_list("provider", "uid", "user_id"))


def forget_everyone() -> None:
    """Delete all users, with what is theirs."""
    get_user_model().objects.all().delete()
