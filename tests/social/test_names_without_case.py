"""Projects whose users sign in by address, or whose database ignores the case of names."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models.lookups import IExact
from django.test.utils import register_lookup

from shared.contract.authorization import PresentedToken
from shared.contract.errors import InvalidCredentials
from social import tokens
from tests.contract.conftest import ApiClient
from tests.providers import Providers


@pytest.mark.django_db
def test_users_who_sign_in_by_address_have_free_names_too(
    api: ApiClient, providers: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two people of one name become two users, although the model has a unique `username` besides its login."""
    monkeypatch.setattr(User, "USERNAME_FIELD", "email")
    for number in (1, 2):
        fields = providers.knows("github", f"t{number}", id=number, login="ripley", email=f"{number}@example.com")
        assert api.sign_up(fields).json()["username"] == f"{number}@example.com"
    first, second = User.objects.order_by("pk").values_list("username", flat=True)
    assert first == "ripley"
    assert second.startswith("ripley-")


def _is_accepted(token: str, username: str) -> bool:
    try:
        tokens.authenticate(PresentedToken(token, username))
    except InvalidCredentials:
        return False
    return True


@pytest.mark.django_db
def test_the_name_beside_a_token_has_its_case() -> None:
    """`ApiKey ripley:…` is not Ripley's, where the database tells the two names apart."""
    token = tokens.issue(user=User.objects.create(username="Ripley")).value
    assert [_is_accepted(token, name) for name in ("Ripley", "ripley", "hicks")] == [True, False, False]


@pytest.mark.django_db
def test_the_database_decides_about_case() -> None:
    """A client that has always sent its name in another case is accepted where the database finds the user by it.

    `citext` and some collations compare so; the lookup of this test stands for them.
    """
    token = tokens.issue(user=User.objects.create(username="Ripley")).value
    field: Any = User._meta.get_field("username")  # the stubs know of no lookup of a single field
    with register_lookup(field, IExact, lookup_name="exact"):
        assert [_is_accepted(token, name) for name in ("Ripley", "ripley", "hicks")] == [True, True, False]
