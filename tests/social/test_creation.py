"""A sign-up writes the user and the association with one statement each, with the result of social-core's steps."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import User
from django.db import connections
from django.db.models.signals import post_save, pre_save
from django.test import override_settings
from social_core.pipeline import DEFAULT_AUTH_PIPELINE
from social_django.models import UserSocialAuth

from shared.contract.sign_up import Credential
from social import sign_up as service
from social import usernames
from social.engine import pipeline
from social.engine.strategy import ASSOCIATE, ASSOCIATING_STEPS, _replace_steps
from social.identify import identify
from social.models import AccessToken
from social.sign_up import ATTEMPTS
from tests.contract.conftest import ApiClient
from tests.providers import Providers
from tests.social import steps, storages
from tests.social.conftest import Where
from tests.social.profiles import GITHUB, PROFILES, signed_up

FIRST, SECOND = ASSOCIATING_STEPS
BETWEEN = "tests.social.steps.remember"
STEPS = list(DEFAULT_AUTH_PIPELINE)


def arranged(*behind: str, without: tuple[str, ...] = (FIRST, SECOND)) -> list[str]:
    """Return social-core's pipeline with `behind` in place of the two associating steps."""
    place = STEPS.index(FIRST)
    return [step for step in STEPS[:place] if step not in without] + [
        *behind,
        *(step for step in STEPS[place:] if step not in without),
    ]


ARRANGED = {
    "by default": arranged(FIRST, SECOND),
    "a step between": arranged(FIRST, BETWEEN, SECOND),
    "apart": [*arranged(FIRST), SECOND],
    "no data": arranged(FIRST),
}


def rows() -> list[Any]:
    """Return the number of rows in each table that a sign-up writes to."""
    return [User.objects.count(), UserSocialAuth.objects.count(), AccessToken.objects.count()]


def association() -> dict[str, Any]:
    """Return the only association without the values that differ each time."""
    (row,) = UserSocialAuth.objects.values("provider", "uid", "id_key", "extra_data", "user__username")
    return dict(row)


def test_two_adjacent_steps_are_replaced_by_one() -> None:
    """Only adjacent steps in this order are replaced."""
    assert list(_replace_steps(tuple(ARRANGED["by default"]))).count(ASSOCIATE) == 1
    for name in ("a step between", "apart", "no data"):
        assert ASSOCIATE not in _replace_steps(tuple(ARRANGED[name]))
    for odd in ((SECOND, FIRST), (SECOND,), (FIRST,), (), (FIRST, SECOND, FIRST), (FIRST, FIRST, SECOND)):
        assert ASSOCIATE not in _replace_steps(odd) or odd[:2] == (FIRST, SECOND)
    assert _replace_steps((FIRST, SECOND, FIRST)) == (ASSOCIATE, FIRST)


@pytest.mark.parametrize("provider", PROFILES)
def test_one_step_stores_what_two_steps_store(database: Where, providers: Providers, provider: str) -> None:
    """The association is the same whether it is written once or inserted and then updated."""
    kept = []
    for name in ("by default", "a step between", "apart"):
        UserSocialAuth.objects.all().delete()
        User.objects.all().delete()
        with override_settings(SOCIAL_AUTH_PIPELINE=ARRANGED[name]):
            assert signed_up(providers, provider).outcome == "created"
            kept.append(association())
            assert signed_up(providers, provider).outcome == "signed_in"
            assert association() == kept[-1]
    assert kept[0] == kept[1] == kept[2]
    assert kept[0]["extra_data"]


@pytest.mark.parametrize("key", [None, Fernet.generate_key().decode()], ids=["no key", "a key"])
def test_one_step_stores_provider_tokens_as_two_steps_do(
    database: Where, providers: Providers, key: str | None
) -> None:
    """A provider token is encrypted if there are keys and otherwise left out."""
    with override_settings(PROVIDER_TOKEN_KEYS=[key] if key else []):
        kept = []
        for name in ("by default", "a step between"):
            UserSocialAuth.objects.all().delete()
            User.objects.all().delete()
            with override_settings(SOCIAL_AUTH_PIPELINE=ARRANGED[name]):
                signed_up(providers, "github", token="a-token-of-some-length")
            kept.append(association()["extra_data"])
    assert set(kept[0]) == set(kept[1])
    for one in kept:
        assert "a-token-of-some-length" not in str(one)
        assert str(one.get("access_token", "")).startswith("fernet:") is bool(key)


@pytest.mark.parametrize("steps_of", [[*arranged(SECOND), FIRST], arranged(SECOND, FIRST), arranged(SECOND)])
def test_other_orders_of_the_steps_are_not_changed(database: Where, providers: Providers, steps_of: list[str]) -> None:
    """Data loaded before the association is not stored, and without the associating step there is no association."""
    with override_settings(SOCIAL_AUTH_PIPELINE=steps_of):
        assert signed_up(providers, "github").outcome == "created"
    assert rows() == [1, int(FIRST in steps_of), 1]
    if FIRST in steps_of:
        assert association()["extra_data"] == {}


def test_without_load_extra_data_only_the_identity_is_stored(database: Where, providers: Providers) -> None:
    """An operator may remove `load_extra_data`; the association then has no data."""
    with override_settings(SOCIAL_AUTH_PIPELINE=ARRANGED["no data"]):
        assert signed_up(providers, "github").outcome == "created"
        assert signed_up(providers, "github").outcome == "signed_in"
    assert association()["extra_data"] == {}


def test_a_step_between_gets_the_new_association(database: Where, providers: Providers) -> None:
    """The step gets the row without data, marked as new."""
    steps.recorded.clear()
    with override_settings(SOCIAL_AUTH_PIPELINE=ARRANGED["a step between"]):
        user = signed_up(providers, "github").user
    (given,) = steps.recorded
    assert (given["user"], given["new_association"], given["is_new"]) == (user, True, True)
    assert given["social"].user == user


@pytest.mark.parametrize("name", ["by default", "a step between"])
def test_a_later_step_gets_the_stored_association(database: Where, providers: Providers, name: str) -> None:
    """The step gets the association with its data and its user, marked as new only after a sign-up."""
    steps.recorded.clear()
    with override_settings(SOCIAL_AUTH_PIPELINE=[*ARRANGED[name], "tests.social.steps.remember"]):
        user = signed_up(providers, "github").user
        signed_up(providers, "github")
    new, known = steps.recorded[-3 if name == "a step between" else 0], steps.recorded[-1]
    assert (new["user"], new["is_new"], new["new_association"]) == (user, True, True)
    assert (known["user"], known["is_new"], known["new_association"]) == (user, False, False)
    assert new["social"].pk == known["social"].pk
    assert known["social"].extra_data["login"] == "ripley"
    if name == "by default":
        assert new["social"].extra_data == known["social"].extra_data


def test_a_custom_storage_creates_the_rows(database: Where, providers: Providers) -> None:
    """A custom storage creates the user and the association, and its rows are found."""
    storages.calls.clear()
    with override_settings(SOCIAL_AUTH_STORAGE="tests.social.storages.Storage"):
        created = signed_up(providers, "github")
        assert (created.outcome, signed_up(providers, "github").outcome) == ("created", "signed_in")
    assert storages.calls == ["create_user", "create_social_auth"]
    assert User.objects.get().is_staff
    assert association()["extra_data"]["login"] == "ripley"


def test_a_custom_storage_filters_extra_data(database: Where, providers: Providers) -> None:
    """`set_extra_data` of the storage is called for new and for known associations."""
    storages.calls.clear()
    with override_settings(SOCIAL_AUTH_STORAGE="tests.social.storages.DataStorage"):
        assert signed_up(providers, "github").outcome == "created"
        assert association()["extra_data"] == {"id": GITHUB["id"]}
        assert signed_up(providers, "github").outcome == "signed_in"
    assert association()["extra_data"] == {"id": GITHUB["id"]}
    assert storages.calls == ["set_extra_data"] * 2


def test_a_custom_storage_finds_identities(database: Where, providers: Providers) -> None:
    """`get_social_auth` of the storage is called before a user is created."""
    known = User.objects.create(username="known")
    UserSocialAuth.objects.create(user=known, provider="github", uid=f"old-{GITHUB['id']}", id_key="id")
    with override_settings(SOCIAL_AUTH_STORAGE="tests.social.storages.LookUpStorage"):
        signed_in = signed_up(providers, "github")
    assert (signed_in.outcome, signed_in.user) == ("signed_in", known)
    assert rows() == [1, 1, 1]


@contextmanager
def record_signals(*models: Any) -> Iterator[list[tuple[str, bool, bool]]]:
    """Record pre_save and post_save with the primary key and data at that time."""
    sent: list[tuple[str, bool, bool]] = []

    def before(sender: Any, instance: Any, **kwargs: Any) -> None:
        sent.append((f"before {sender.__name__}", instance.pk is None, bool(getattr(instance, "extra_data", {}))))

    def after(sender: Any, instance: Any, created: bool, **kwargs: Any) -> None:
        sent.append((f"after {sender.__name__}", created, bool(getattr(instance, "extra_data", {}))))

    for model in models:
        pre_save.connect(before, sender=model)
        post_save.connect(after, sender=model)
    try:
        yield sent
    finally:
        for model in models:
            pre_save.disconnect(before, sender=model)
            post_save.disconnect(after, sender=model)


def test_signals_of_the_rows_are_sent_once(database: Where, providers: Providers) -> None:
    """A sign-up sends the signals of the user, the association and the token; a sign-in only those of the token."""
    with record_signals(User, UserSocialAuth, AccessToken) as sent:
        signed_up(providers, "github")
        new, sent[:] = list(sent), []
        signed_up(providers, "github")
        returning, sent[:] = list(sent), []
        signed_up(providers, "facebook", actor=User.objects.get())
    user = [("before User", True, False), ("after User", True, False)]
    row = [("before UserSocialAuth", True, True), ("after UserSocialAuth", True, True)]
    token = [("before AccessToken", True, False), ("after AccessToken", True, False)]
    assert new == [*user, *row, *token]
    assert returning == token
    assert sent == row


@pytest.mark.threat(14)
def test_a_username_taken_during_the_sign_up_is_replaced(
    api: ApiClient, database: Where, providers: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If another request takes the name before the INSERT, another name is used and no other row remains."""
    User.objects.create(username="ripley")
    lookups: list[str] = []
    taken = usernames.taken_among

    def find_none_at_first(names: Sequence[str]) -> Collection[str]:
        lookups.append(names[0])
        return taken(names) if len(lookups) > 1 else ()

    monkeypatch.setattr(pipeline, "taken_among", find_none_at_first)
    answer = api.sign_up(providers.knows("github", "one", **GITHUB))
    assert (answer.status_code, answer.json()["outcome"]) == (201, "created")
    assert lookups[:2] == ["ripley", "ripley"]
    assert answer.json()["username"].startswith("ripley-")
    assert rows() == [2, 1, 1]


@pytest.mark.threat(14)
def test_a_username_that_stays_taken_is_a_conflict(
    api: ApiClient, database: Where, providers: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the last attempt the answer is a conflict, and nothing is written."""
    User.objects.create(username="ripley")
    lookups: list[str] = []

    def find_none(names: Sequence[str]) -> Collection[str]:
        lookups.append(names[0])
        return ()

    monkeypatch.setattr(pipeline, "taken_among", find_none)
    answer = api.sign_up(providers.knows("github", "one", **GITHUB))
    assert (answer.status_code, answer.json()["code"]) == (400, "account_conflict")
    assert lookups == ["ripley"] * ATTEMPTS
    assert rows() == [1, 0, 0]


@contextmanager
def unique_addresses(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make e-mail addresses unique, as some projects' user models do."""
    name = "auth_user_email_key"  # This is the name that PostgreSQL gives to the index.
    monkeypatch.setitem(vars(User._meta.get_field("email")), "unique", True)
    with connections["default"].cursor() as cursor:
        cursor.execute(f"CREATE UNIQUE INDEX {name} ON auth_user (email)")
    try:
        yield
    finally:
        with connections["default"].cursor() as cursor:
            cursor.execute(f"DROP INDEX {name}")


def test_a_custom_step_can_continue_after_an_integrity_error(database: Where, providers: Providers) -> None:
    """The strategy's storage uses a savepoint, so the transaction stays usable."""
    User.objects.create(username="taken")
    own = [step.replace("social_core.pipeline.user.create_user", "tests.social.steps.create_another") for step in STEPS]
    with override_settings(SOCIAL_AUTH_PIPELINE=own):
        assert signed_up(providers, "github").user.username == "another"
    assert rows() == [2, 1, 1]


@pytest.mark.threat(6)
def test_a_taken_unique_address_is_a_conflict(
    api: ApiClient, database: Where, providers: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With unique addresses no user is found by address, and nothing is written."""
    User.objects.create(username="dallas", email=str(GITHUB["email"]))
    with unique_addresses(monkeypatch):
        answer = api.sign_up(providers.knows("github", "one", **GITHUB))
    assert (answer.status_code, answer.json()["code"]) == (400, "account_conflict")
    assert rows() == [1, 0, 0]


def delete_without_constraints(user: User) -> None:
    """Delete only the row of the user, as a tool without foreign keys does."""
    connection = connections["default"]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA foreign_keys = OFF")
            cursor.execute("DELETE FROM auth_user WHERE id = %s", [user.pk])
            cursor.execute("PRAGMA foreign_keys = ON")
        else:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("DELETE FROM auth_user WHERE id = %s", [user.pk])
            cursor.execute("SET session_replication_role = origin")


@pytest.mark.parametrize("id_key", ["id", "", "email"])
@pytest.mark.parametrize("linking", [False, True])
def test_an_association_without_a_user_is_a_conflict(
    api: ApiClient, database: Where, providers: Providers, id_key: str, linking: bool
) -> None:
    """An association whose user was deleted is a conflict, whatever its id_key, and nothing is written."""
    gone = User.objects.create(username="gone")
    UserSocialAuth.objects.create(user=gone, provider="github", uid=str(GITHUB["id"]), id_key=id_key)
    delete_without_constraints(gone)
    token = signed_up(providers, "facebook").token if linking else None
    before = rows()
    try:
        answer = api.sign_up(providers.knows("github", "one", **GITHUB), token=token)
        assert (answer.status_code, answer.json()["code"]) == (400, "account_conflict")
        assert rows() == before
    finally:
        UserSocialAuth.objects.filter(user_id=gone.pk).delete()


@pytest.mark.threat(9)
@pytest.mark.parametrize("how", ["deleted", "inactive"])
def test_an_actor_removed_during_the_provider_call_links_nothing(
    api: ApiClient, database: Where, providers: Providers, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """The actor is checked again between the provider's answer and the write."""
    token = signed_up(providers, "facebook").token

    def identify_and_change(credential: Credential) -> Any:
        identity = identify(credential)
        User.objects.all().delete() if how == "deleted" else User.objects.update(is_active=False)
        return identity

    monkeypatch.setattr(service, "identify", identify_and_change)
    answer = api.sign_up(providers.knows("github", "one", **GITHUB), token=token)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")
    assert not UserSocialAuth.objects.filter(provider="github").exists()
