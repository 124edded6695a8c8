"""What a sign-up has left in the database."""

import itertools
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from social_django.models import UserSocialAuth

from tests.contract.conftest import ApiClient

in_turn = itertools.cycle(ApiClient(app) for app in settings.APIS)
"""Clients of each mounted API in turn, for what is behind them all."""


def rows() -> list[tuple[Any, ...]]:
    """Give provider, uid and user of each association; there is a user for each."""
    assert get_user_model().objects.count() == UserSocialAuth.objects.count()
    return list(UserSocialAuth.objects.values_list("provider", "uid", "user_id"))


def forget_everyone() -> None:
    """Delete all users, with what is theirs."""
    get_user_model().objects.all().delete()
