"""A compiled look-up is Django's own: it finds what its queryset finds, on every connection and for every value."""

import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connections, transaction
from django.db.models import QuerySet
from django.db.models.query import ModelIterable
from django.db.utils import load_backend
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from social_django.models import UserSocialAuth

from social import compiled_lookup, tokens
from social.compiled_lookup import CompiledLookup
from social.conf import conf
from social.legacy_rows.association_lookup import _look_up
from social.models import AccessToken
from tests.legacy_rows.conftest import used
from tests.social.conftest import Where
from tests.social.rows import NOW, found_alike, held, in_threads, linked, token_of

KEPT: dict[str, Any] = {
    "object": {"id": 1, "deep": [{"ü": None}], "name": "Zoë 山田 \\ \" ' %s \u2028", "large": 10**30, "float": 0.1},
    "empty": {},
    "list": [1, "2", None],
    "text": '{"id": "1"}',
    "number": 7,
    "null": None,
    "true": True,
}
"""What `extra_data` may hold."""
ODD = (
    *(
        "Tandem\\%_0",
        "Tandem\\%_1",
        "Tandem\\%_2",
        "%s",
        "%(uid)s",
        "100%",
        "%%",
        "'",
        "''",
        '"',
        "\\",
        "\\'",
        "$1",
        "?",
        ":1",
    ),
    *("' OR '1'='1", "x'; DROP TABLE auth_user; --", "é山🚀", " ", " padded ", "A", "a", "0", "NULL", "x" * 255),
)


@pytest.mark.parametrize("kept", KEPT)
def test_a_row_is_found_whole(database: Where, kept: str) -> None:
    """Columns with their types, the JSON converted, the user along, and what the look-up says besides."""
    linked("1", kept=KEPT[kept])
    (row,) = found_alike(held(), "github", "1")
    assert row["extra_data"] == (type(KEPT[kept]), KEPT[kept])
    assert row["may_hold_many_tokens"] == (bool, False)
    assert row["created"][1].tzinfo is UTC
    assert (row["user"]["username"][1], row["user"]["last_name"][1]) == ("of 1", "Ł")


def test_no_further_statement_is_needed(database: Where) -> None:
    """The user is there with the row."""
    linked("1")
    look_up = held()
    with transaction.atomic(), CaptureQueriesContext(connections["default"]) as captured:
        assert look_up("default", "github", "1")[0].user.username == "of 1"
    assert len(captured) == 1


@pytest.mark.parametrize("uids", [1, 2, 3, 5])
def test_as_many_ids_as_a_person_has_had(database: Where, uids: int) -> None:
    """Any of them, in any order, of that provider alone."""
    for uid in ("1", "2", "3"):
        linked(uid)
        linked(uid, f"elsewhere {uid}", provider="twitter")
    look_up = held(uids)
    asked = ["3", "none", "1", "nobody", "2"][:uids]
    assert {row["uid"][1] for row in found_alike(look_up, "github", *asked)} == {"1", "2", "3"} & set(asked)
    assert found_alike(look_up, "github", *[f"no {uid}" for uid in asked]) == []
    assert found_alike(look_up, "facebook", *asked) == []


@pytest.mark.threat(10)
def test_a_value_is_a_value(database: Where) -> None:
    """Whatever it holds, stand-ins of ours, quotes and placeholders included, it finds its own row and no other."""
    for uid in ODD:
        linked(uid)
    one, two = held(), held(2)
    for uid, other in zip(ODD, reversed(ODD), strict=True):
        assert [row["uid"][1] for row in found_alike(one, "github", uid)] == [uid]
        assert {row["uid"][1] for row in found_alike(two, "github", uid, other)} == {uid, other}
        assert found_alike(one, uid, "github") == []


def test_what_no_column_holds_fails_as_it_does_elsewhere(database: Where) -> None:
    """A NUL: PostgreSQL's driver refuses it, SQLite finds nothing; the next look-up works."""
    linked("1")
    look_up = held()
    told: list[Any] = []
    for ask in (lambda: list(look_up._build("github", "1\0")), lambda: look_up("default", "github", "1\0")):
        try:
            with transaction.atomic():
                told.append(ask())
        except (ValueError, DatabaseError) as error:
            told.append(type(error))
    assert told[0] == told[1]
    assert len(found_alike(look_up, "github", "1")) == 1


def test_each_thread_gets_its_own(database: Where) -> None:
    """One look-up, eight threads at once, each with its values in it: nobody gets another's rows."""
    for number in range(8):
        linked(f"{number}-a")
        linked(f"{number}-b")
    look_up = held(2)

    def ask(number: int) -> None:
        for _ in range(25):
            with transaction.atomic():
                rows = look_up("default", "github", f"{number}-a", f"{number}-b")
            assert {row.uid for row in rows} == {f"{number}-a", f"{number}-b"}
            assert {row.user.username for row in rows} == {f"of {number}-a", f"of {number}-b"}

    in_threads(8, ask, database)


def test_threads_on_one_connection_do_not_mix_their_values(database: Where, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a test's server has it on SQLite in memory: whoever comes in between asks for their own."""
    linked("mine")
    linked("theirs")
    look_up, shared = held(), connections["default"]
    found: list[str] = []

    def other() -> None:
        connections["default"] = shared
        found.extend(row.uid for row in look_up("default", "github", "theirs"))

    def interrupted(query: Any) -> Any:
        monkeypatch.undo()
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        return ModelIterable(query)

    shared.inc_thread_sharing()
    try:
        with transaction.atomic():
            look_up("default", "github", "nobody")
            monkeypatch.setattr(compiled_lookup, "ModelIterable", interrupted)
            found.extend(row.uid for row in look_up("default", "github", "mine"))
    finally:
        shared.dec_thread_sharing()
    assert found == ["theirs", "mine"]


def test_a_connection_that_is_gone_is_forgotten(database: Where) -> None:
    """With a server that runs a thread for each request, what is kept does not grow."""
    look_up = held()
    gone: list[weakref.ref[Any]] = []

    def ask() -> None:
        with used(**database):
            with transaction.atomic():
                look_up("default", "github", "1")
                transaction.set_rollback(True)
            gone.append(weakref.ref(connections["default"]))

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    del thread
    gc.collect()
    assert [one() for one in gone] == [None]


@contextmanager
def also(alias: str, **database: Any) -> Iterator[None]:
    """Configure a second database."""
    options = {**connections.settings["default"], "OPTIONS": {}, **database}
    connections.settings[alias] = options
    connections[alias] = load_backend(options["ENGINE"]).DatabaseWrapper(options, alias)
    try:
        yield
    finally:
        connections[alias].close()
        del connections[alias], connections.settings[alias]


def test_each_database_has_its_own_text(database: Where, tmp_path: Any) -> None:
    """SQLite knows no `FOR UPDATE`, PostgreSQL needs it; the rows say which database they are of."""
    linked("1")
    look_up = held()
    elsewhere = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "other.sqlite3")}
    with also("other", **elsewhere):
        with connections["other"].schema_editor() as editor:
            for model in (User, UserSocialAuth, AccessToken):
                editor.create_model(model)
        other = User.objects.using("other").create(username="other")
        UserSocialAuth.objects.using("other").create(user=other, provider="github", uid="1", id_key="id")
        for _ in range(3):
            with transaction.atomic(), CaptureQueriesContext(connections["default"]) as here:
                (row,) = look_up("default", "github", "1")
            assert (row._state.db, row.user._state.db, row.user.username) == ("default", "default", "of 1")
            with transaction.atomic("other"), CaptureQueriesContext(connections["other"]) as there:
                (row,) = look_up("other", "github", "1")
            assert (row._state.db, row.user._state.db, row.user.username) == ("other", "other", "other")
            locks = ["FOR UPDATE OF" in captured[0]["sql"] for captured in (here, there)]
            assert locks == [connections["default"].vendor == "postgresql", False]


@pytest.mark.postgres
@pytest.mark.parametrize("migrated", ["postgresql"], indirect=True)
def test_the_association_is_held_and_its_user_is_not(database: Where) -> None:
    """Until the transaction ends nobody changes or removes it; linking another account to its user is not kept off."""
    row = linked("1")
    look_up = held()
    for _ in range(2):  # the second time the text was made before
        with transaction.atomic():
            look_up("default", "github", "1")
            params = connections["default"].get_connection_params()
            with psycopg.connect(
                **{name: params[name] for name in ("host", "port", "user", "dbname") if name in params}
            ) as session:
                session.execute("SELECT FROM auth_user WHERE id = %s FOR UPDATE NOWAIT", [row.user_id])
                with pytest.raises(psycopg.errors.LockNotAvailable):
                    session.execute("SELECT FROM social_auth_usersocialauth WHERE id = %s FOR UPDATE NOWAIT", [row.pk])


def test_a_failed_statement_before_it_does_no_harm(database: Where) -> None:
    """The text is as good in the next transaction, and in one that a savepoint has saved."""
    linked("1")
    look_up = held()
    broken = "SELECT * FROM nowhere"
    with pytest.raises(DatabaseError), transaction.atomic(), connections["default"].cursor() as cursor:
        cursor.execute(broken)
    assert len(found_alike(look_up, "github", "1")) == 1
    with transaction.atomic():
        with pytest.raises(DatabaseError), transaction.atomic(), connections["default"].cursor() as cursor:
            cursor.execute(broken)
        assert len(look_up("default", "github", "1")) == 1


def test_a_connection_that_is_opened_anew_is_as_good(database: Where) -> None:
    """After it was given back, or dropped by the server, which nobody was told."""
    linked("1")
    look_up = held()
    for _ in range(3):
        assert len(found_alike(look_up, "github", "1")) == 1
        connections["default"].close()
    found_alike(look_up, "github", "1")
    connections["default"].connection.close()
    with pytest.raises(DatabaseError), transaction.atomic():
        look_up("default", "github", "1")
    connections["default"].close()
    assert len(found_alike(look_up, "github", "1")) == 1


def test_a_text_is_for_one_number_of_tokens(database: Where) -> None:
    """What a user may hold is part of it: changed, another text is used, and changed back, the first one."""
    row = linked("1")
    for number in range(18):
        token_of(row.user, f"digest {number}").save()

    def says() -> bool:
        with transaction.atomic():
            (found,) = _look_up(UserSocialAuth, 1, conf.tokens_per_user)("default", "github", "1")
        return bool(found.may_hold_many_tokens)

    said = {}
    for allowed in (50, 51, 10_000, 1, 32, 33, 50):
        with override_settings(TOKENS_PER_USER=allowed):
            said[allowed] = says()
    assert said == {50: True, 51: False, 10_000: False, 1: True, 32: True, 33: True}


def test_a_token_is_found_whole(database: Where) -> None:
    """The look-up of every authenticated call."""
    user = User.objects.create(username="ripley")
    token_of(user, "d" * 64).save()
    AccessToken.objects.create(user=user, digest="i" * 64, created=NOW, last_used=NOW, imported=True)
    for digest, username in {"d" * 64: "ripley", "i" * 64: "ripley"}.items():
        (row,) = found_alike(CompiledLookup(tokens._by_digest._build, 1), digest)
        assert row["user"]["username"][1] == username
    assert found_alike(CompiledLookup(tokens._by_digest._build, 1), "D" * 64) == []


@pytest.mark.parametrize(
    "build",
    [
        lambda name: User.objects.filter(username__icontains=name),
        lambda name: User.objects.filter(pk=1),
        lambda name: User.objects.filter(username=name.lower()),
    ],
    ids=["escaped", "missing", "another case"],
)
def test_a_look_up_that_changes_its_values_is_refused(database: Where, build: Callable[[str], QuerySet[User]]) -> None:
    """When it is made, and not by finding somebody else."""
    look_up: CompiledLookup[User] = CompiledLookup(build, 1)
    with pytest.raises(ValueError, match="parameter"):
        look_up("default", "x")
