"""The few statements of a sign-in for the other user model; `test_custom_user.py` runs it in a process of its own."""

from collections.abc import Collection, Sequence
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from social_core.exceptions import AuthAssociationError
from social_django.models import DjangoStorage, UserSocialAuth

from social import usernames
from social.engine import pipeline
from social.legacy_rows.association_lookup import _look_up
from tests.custom_user.models import Person
from tests.custom_user.story import RIPLEY
from tests.providers import Providers
from tests.social.profiles import signed_up
from tests.social.rows import all_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_row_is_found_with_its_person() -> None:
    """With a key that is a UUID, as the queryset finds it."""
    person: Any = Person.objects.create_user("ripley", contact="ripley@example.com")
    UserSocialAuth.objects.create(user=person, provider="github", uid="1", id_key="id", extra_data={"id": 1})
    look_up = _look_up(UserSocialAuth, 2, 50)
    with transaction.atomic():
        (expected,) = look_up._build("github", "1", "2")
        look_up("default", "github", "nobody", "yet")
        (found,) = look_up("default", "github", "1", "2")
    assert all_of(found) == all_of(expected)
    assert (type(found.user), found.user.pk, found.user_id) == (Person, person.pk, person.pk)


def test_as_few_statements_as_ever(providers: Providers) -> None:
    """Seven for a new person, four for a known one."""
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
def test_a_person_is_created_as_social_django_creates_one(fields: dict[str, Any]) -> None:
    """Whichever names the fields come under: the model knows a `handle` and no `username`."""
    made = []
    for create in (DjangoStorage.user.create_user, lambda **given: pipeline.insert_user(DjangoStorage.user, **given)):
        person = create(**fields)
        made.append((person.handle, person.contact, person.has_usable_password()))
        person.delete()
    assert made[0] == made[1]
    assert made[0][0] == "ripley"


def test_a_handle_that_is_taken_is_said_as_what_it_is() -> None:
    """By the code that lets a sign-up be tried again."""
    Person.objects.create_user("ripley")
    with pytest.raises(AuthAssociationError) as refused, transaction.atomic():
        pipeline.insert_user(DjangoStorage.user, username="ripley")
    assert refused.value.code == "username_in_use"
    assert Person.objects.count() == 1


def test_a_handle_that_is_taken_meanwhile_is_chosen_again(
    providers: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the write."""
    taken, looked = usernames.taken_among, []
    Person.objects.create_user(RIPLEY["login"][:12])

    def sees_nobody_at_first(names: Sequence[str]) -> Collection[str]:
        looked.append(names[0])
        return taken(names) if len(looked) > 1 else ()

    monkeypatch.setattr(pipeline, "taken_among", sees_nobody_at_first)
    signed_in = signed_up(providers, "github", **RIPLEY)
    assert signed_in.outcome == "created"
    assert looked[0] == looked[1] == RIPLEY["login"][:12]
    assert Person.objects.count() == 2
