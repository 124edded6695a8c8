"""The statements of a sign-in with the custom user model; `test_custom_user.py` runs these tests in a new process."""

from collections.abc import Collection, Sequence
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from social_core.exceptions import AuthAssociationError
from social_django.models import DjangoStorage, UserSocialAuth

from social import usernames
from social.engine import pipeline
from social.engine.association_lookup import _look_up
from tests.custom_user.models import Person
from tests.custom_user.story import RIPLEY
from tests.providers import Providers
from tests.social.profiles import signed_up
from tests.social.rows import state_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_lookup_finds_the_row_with_its_person() -> None:
    """The compiled lookup returns what the queryset returns, with a UUID as the person's key."""
    person: Any = Person.objects.create_user("ripley", contact="ripley@example.com")
    UserSocialAuth.objects.create(user=person, provider="github", uid="1", id_key="id", extra_data={"id": 1})
    look_up = _look_up(UserSocialAuth, 2, 50)
    with transaction.atomic():
        (expected,) = look_up._build("github", "1", "2")
        look_up("default", "github", "nobody", "yet")
        (found,) = look_up("default", "github", "1", "2")
    assert state_of(found) == state_of(expected)
    assert (type(found.user), found.user.pk, found.user_id) == (Person, person.pk, person.pk)


def test_number_of_statements(providers: Providers) -> None:
    """A new person costs seven statements, a known one four."""
    for outcome, statements in (("created", 7), ("signed_in", 4), ("signed_in", 4)):
        with CaptureQueriesContext(connection) as captured:
            assert signed_up(providers, "github").outcome == outcome
        assert len(captured) == statements


@pytest.mark.parametrize(
    "fields",
    [
        {"username": "ripley"},
        {"handle": "ripley"},
        {"username": "other", "handle": "ripley"},
        {"username": "ripley", "contact": "ripley@example.com"},
    ],
)
def test_insert_user_matches_social_django(fields: dict[str, Any]) -> None:
    """`insert_user` creates the same person as social_django, under either name of the `handle` field."""
    made = []
    for create in (DjangoStorage.user.create_user, lambda **given: pipeline.insert_user(DjangoStorage.user, **given)):
        person = create(**fields)
        made.append((person.handle, person.contact, person.has_usable_password()))
        person.delete()
    assert made[0] == made[1]
    assert made[0][0] == "ripley"


def test_taken_handle() -> None:
    """A taken handle raises `username_in_use`, for which a sign-up is run again."""
    Person.objects.create_user("ripley")
    with pytest.raises(AuthAssociationError) as refused, transaction.atomic():
        pipeline.insert_user(DjangoStorage.user, username="ripley")
    assert refused.value.code == "username_in_use"
    assert Person.objects.count() == 1


def test_handle_taken_during_a_sign_up(providers: Providers, monkeypatch: pytest.MonkeyPatch) -> None:
    """If another sign-up takes the handle between check and INSERT, another handle is chosen."""
    taken, looked = usernames.taken_among, []
    Person.objects.create_user(RIPLEY["login"][:12])

    def none_taken_at_first(names: Sequence[str]) -> Collection[str]:
        looked.append(names[0])
        return taken(names) if len(looked) > 1 else ()

    monkeypatch.setattr(pipeline, "taken_among", none_taken_at_first)
    signed_in = signed_up(providers, "github", **RIPLEY)
    assert signed_in.outcome == "created"
    assert looked[0] == looked[1] == RIPLEY["login"][:12]
    assert Person.objects.count() == 2
