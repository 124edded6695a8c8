"""A new user and a new association, a statement each: what social-core's own steps would have made of them."""

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
    """Return social-core's steps with these in place of the two that associate."""
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


def test_the_two_steps_are_one_where_one_follows_the_other() -> None:
    """And nowhere else."""
    assert list(_replace_steps(tuple(ARRANGED["by default"]))).count(ASSOCIATE) == 1
    for name in ("a step between", "apart", "no data"):
        assert ASSOCIATE not in _replace_steps(tuple(ARRANGED[name]))
    for odd in ((SECOND, FIRST), (SECOND,), (FIRST,), (), (FIRST, SECOND, FIRST), (FIRST, FIRST, SECOND)):
        assert ASSOCIATE not in _replace_steps(odd) or odd[:2] == (FIRST, SECOND)
    assert _replace_steps((FIRST, SECOND, FIRST)) == (ASSOCIATE, FIRST)


@pytest.mark.parametrize("provider", PROFILES)
def test_what_is_kept_is_what_two_steps_keep(database: Where, providers: Providers, provider: str) -> None:
    """The association that one step writes at once, and the one that social-core inserts and then updates."""
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
def test_what_is_kept_of_provider_tokens(database: Where, providers: Providers, key: str | None) -> None:
    """Encrypted where there are keys and left out where there are none, in one INSERT as in two statements."""
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
def test_other_orders_do_what_they_say(database: Where, providers: Providers, steps_of: list[str]) -> None:
    """Data that is loaded before there is an association is nowhere; a pipeline that makes none makes none."""
    with override_settings(SOCIAL_AUTH_PIPELINE=steps_of):
        assert signed_up(providers, "github").outcome == "created"
    assert rows() == [1, int(FIRST in steps_of), 1]
    if FIRST in steps_of:
        assert association()["extra_data"] == {}


def test_without_data_the_association_is_there(database: Where, providers: Providers) -> None:
    """An operator may drop `load_extra_data`: nothing is kept but who it is."""
    with override_settings(SOCIAL_AUTH_PIPELINE=ARRANGED["no data"]):
        assert signed_up(providers, "github").outcome == "created"
        assert signed_up(providers, "github").outcome == "signed_in"
    assert association()["extra_data"] == {}


def test_a_step_between_sees_the_new_association(database: Where, providers: Providers) -> None:
    """As it always did: the row, not filled yet, and that it is new."""
    steps.ran.clear()
    with override_settings(SOCIAL_AUTH_PIPELINE=ARRANGED["a step between"]):
        user = signed_up(providers, "github").user
    (given,) = steps.ran
    assert (given["user"], given["new_association"], given["is_new"]) == (user, True, True)
    assert given["social"].user == user


@pytest.mark.parametrize("name", ["by default", "a step between"])
def test_a_step_behind_sees_what_it_always_saw(database: Where, providers: Providers, name: str) -> None:
    """The association with what is kept, its user, and that both are new."""
    steps.ran.clear()
    with override_settings(SOCIAL_AUTH_PIPELINE=[*ARRANGED[name], "tests.social.steps.remember"]):
        user = signed_up(providers, "github").user
        signed_up(providers, "github")
    new, known = steps.ran[-3 if name == "a step between" else 0], steps.ran[-1]
    assert (new["user"], new["is_new"], new["new_association"]) == (user, True, True)
    assert (known["user"], known["is_new"], known["new_association"]) == (user, False, False)
    assert new["social"].pk == known["social"].pk
    assert known["social"].extra_data["login"] == "ripley"
    if name == "by default":
        assert new["social"].extra_data == known["social"].extra_data


def test_a_storage_with_ways_of_its_own_is_asked(database: Where, providers: Providers) -> None:
    """It creates the user and the association, and the look-up is of its rows."""
    storages.asked.clear()
    with override_settings(SOCIAL_AUTH_STORAGE="tests.social.storages.Storage"):
        created = signed_up(providers, "github")
        assert (created.outcome, signed_up(providers, "github").outcome) == ("created", "signed_in")
    assert storages.asked == ["create_user", "create_social_auth"]
    assert User.objects.get().is_staff
    assert association()["extra_data"]["login"] == "ripley"


def test_a_storage_with_a_say_in_what_is_kept_is_asked(database: Where, providers: Providers) -> None:
    """For a new association as for a known one."""
    storages.asked.clear()
    with override_settings(SOCIAL_AUTH_STORAGE="tests.social.storages.DataStorage"):
        assert signed_up(providers, "github").outcome == "created"
        assert association()["extra_data"] == {"id": GITHUB["id"]}
        assert signed_up(providers, "github").outcome == "signed_in"
    assert association()["extra_data"] == {"id": GITHUB["id"]}
    assert storages.asked == ["set_extra_data"] * 2


def test_a_storage_with_a_look_up_of_its_own_is_asked(database: Where, providers: Providers) -> None:
    """Before somebody whom it knows is taken for new."""
    known = User.objects.create(username="known")
    UserSocialAuth.objects.create(user=known, provider="github", uid=f"old-{GITHUB['id']}", id_key="id")
    with override_settings(SOCIAL_AUTH_STORAGE="tests.social.storages.LookUpStorage"):
        signed_in = signed_up(providers, "github")
    assert (signed_in.outcome, signed_in.user) == ("signed_in", known)
    assert rows() == [1, 1, 1]


@contextmanager
def saved(*models: Any) -> Iterator[list[tuple[str, bool, bool]]]:
    """Write down who hears of which row before and after it is saved."""
    heard: list[tuple[str, bool, bool]] = []

    def before(sender: Any, instance: Any, **told: Any) -> None:
        heard.append((f"before {sender.__name__}", instance.pk is None, bool(getattr(instance, "extra_data", {}))))

    def after(sender: Any, instance: Any, created: bool, **told: Any) -> None:
        heard.append((f"after {sender.__name__}", created, bool(getattr(instance, "extra_data", {}))))

    for model in models:
        pre_save.connect(before, sender=model)
        post_save.connect(after, sender=model)
    try:
        yield heard
    finally:
        for model in models:
            pre_save.disconnect(before, sender=model)
            post_save.disconnect(after, sender=model)


def test_signals_of_the_rows_are_sent_once(database: Where, providers: Providers) -> None:
    """A sign-up sends the signals of the user, the association and the token; a returning sign-in, the token's."""
    with saved(User, UserSocialAuth, AccessToken) as heard:
        signed_up(providers, "github")
        new, heard[:] = list(heard), []
        signed_up(providers, "github")
        returning, heard[:] = list(heard), []
        signed_up(providers, "facebook", actor=User.objects.get())
    user = [("before User", True, False), ("after User", True, False)]
    row = [("before UserSocialAuth", True, True), ("after UserSocialAuth", True, True)]
    token = [("before AccessToken", True, False), ("after AccessToken", True, False)]
    assert new == [*user, *row, *token]
    assert returning == token
    assert heard == row


@pytest.mark.threat(14)
def test_a_name_that_is_taken_meanwhile_is_chosen_again(
    api: ApiClient, database: Where, providers: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the write: nothing of the first try remains, and the person is signed up."""
    User.objects.create(username="ripley")
    looked: list[str] = []
    taken = usernames.taken_among

    def sees_nobody_at_first(names: Sequence[str]) -> Collection[str]:
        looked.append(names[0])
        return taken(names) if len(looked) > 1 else ()

    monkeypatch.setattr(pipeline, "taken_among", sees_nobody_at_first)
    answer = api.sign_up(providers.knows("github", "one", **GITHUB))
    assert (answer.status_code, answer.json()["outcome"]) == (201, "created")
    assert looked[:2] == ["ripley", "ripley"]
    assert answer.json()["username"].startswith("ripley-")
    assert rows() == [2, 1, 1]


@pytest.mark.threat(14)
def test_a_name_that_stays_taken_is_a_conflict(
    api: ApiClient, database: Where, providers: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the tries there are; nothing is written."""
    User.objects.create(username="ripley")
    looked: list[str] = []

    def sees_nobody(names: Sequence[str]) -> Collection[str]:
        looked.append(names[0])
        return ()

    monkeypatch.setattr(pipeline, "taken_among", sees_nobody)
    answer = api.sign_up(providers.knows("github", "one", **GITHUB))
    assert (answer.status_code, answer.json()["code"]) == (400, "account_conflict")
    assert looked == ["ripley"] * ATTEMPTS
    assert rows() == [1, 0, 0]


@contextmanager
def unique_addresses(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make e-mail addresses unique, as some projects' user models do."""
    name = "auth_user_email_key"  # as PostgreSQL would call it
    monkeypatch.setitem(vars(User._meta.get_field("email")), "unique", True)
    with connections["default"].cursor() as cursor:
        cursor.execute(f"CREATE UNIQUE INDEX {name} ON auth_user (email)")
    try:
        yield
    finally:
        with connections["default"].cursor() as cursor:
            cursor.execute(f"DROP INDEX {name}")


def test_a_step_of_ones_own_may_go_on_after_a_refusal(database: Where, providers: Providers) -> None:
    """What the strategy gives to an operator's step is social_django's: the transaction is as good as before."""
    User.objects.create(username="taken")
    own = [step.replace("social_core.pipeline.user.create_user", "tests.social.steps.create_another") for step in STEPS]
    with override_settings(SOCIAL_AUTH_PIPELINE=own):
        assert signed_up(providers, "github").user.username == "another"
    assert rows() == [2, 1, 1]


@pytest.mark.threat(6)
def test_an_address_that_is_taken_is_a_conflict(
    api: ApiClient, database: Where, providers: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where addresses are unique: nobody is found by one, and nothing is written."""
    User.objects.create(username="dallas", email=str(GITHUB["email"]))
    with unique_addresses(monkeypatch):
        answer = api.sign_up(providers.knows("github", "one", **GITHUB))
    assert (answer.status_code, answer.json()["code"]) == (400, "account_conflict")
    assert rows() == [1, 0, 0]


def remove_past_constraints(user: User) -> None:
    """Delete a user alone, as tools do that know nothing of the other tables."""
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
def test_an_association_of_nobody_is_a_conflict(
    api: ApiClient, database: Where, providers: Providers, id_key: str, linking: bool
) -> None:
    """Its user is gone, and it is in the way under whatever label: said as what it is, and nothing is written."""
    gone = User.objects.create(username="gone")
    UserSocialAuth.objects.create(user=gone, provider="github", uid=str(GITHUB["id"]), id_key=id_key)
    remove_past_constraints(gone)
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
def test_a_caller_who_is_gone_meanwhile_links_nothing(
    api: ApiClient, database: Where, providers: Providers, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Between the provider's answer and the write: the caller is looked at again."""
    token = signed_up(providers, "facebook").token

    def meanwhile(credential: Credential) -> Any:
        identity = identify(credential)
        User.objects.all().delete() if how == "deleted" else User.objects.update(is_active=False)
        return identity

    monkeypatch.setattr(service, "identify", meanwhile)
    answer = api.sign_up(providers.knows("github", "one", **GITHUB), token=token)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")
    assert not UserSocialAuth.objects.filter(provider="github").exists()
