"""A compiled lookup returns what its queryset returns, on every connection and for every value."""

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
from social.engine.association_lookup import _look_up
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
"""Values that `extra_data` may have."""
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


def counted() -> tuple[CompiledLookup[AccessToken], list[str]]:
    """Return a lookup and the list of digests for which it builds a queryset."""
    built: list[str] = []

    def build(digest: str) -> QuerySet[AccessToken]:
        built.append(digest)
        return AccessToken.objects.select_related("user").filter(digest=digest)

    return CompiledLookup(build, 1), built


def test_the_installed_django_is_tested() -> None:
    """TESTED_DJANGO has each version with which the tests of this module pass: make matrix."""
    assert compiled_lookup.is_django_tested()


def test_the_queryset_is_built_once(database: Where) -> None:
    """With a tested Django the queryset is built once, also for new connections."""
    look_up, built = counted()
    for digest in ("1", "2", "3"):
        assert look_up("default", digest) == []
        connections["default"].close()
    assert len(built) == 1


def test_an_untested_django_evaluates_the_queryset(database: Where, monkeypatch: pytest.MonkeyPatch) -> None:
    """An untested Django gives the same rows without Django's private interfaces."""
    monkeypatch.setattr(compiled_lookup, "TESTED_DJANGO", ("5.1",))
    monkeypatch.setattr(compiled_lookup, "_CompiledQuery", None)
    linked("1")
    linked("2")
    look_up = held(2)
    assert {row["uid"][1] for row in found_alike(look_up, "github", "1", "2")} == {"1", "2"}
    assert found_alike(look_up, "github", "3", "4") == []
    counting, built = counted()
    for digest in ("1", "2"):
        assert counting("default", digest) == []
    assert built == ["1", "2"]


@pytest.mark.parametrize("kept", KEPT)
def test_a_row_has_all_columns_and_its_user(database: Where, kept: str) -> None:
    """Columns have their types, the JSON is converted, and the user and the annotations are loaded."""
    linked("1", kept=KEPT[kept])
    (row,) = found_alike(held(), "github", "1")
    assert row["extra_data"] == (type(KEPT[kept]), KEPT[kept])
    assert row["may_hold_many_tokens"] == (bool, False)
    assert row["created"][1].tzinfo is UTC
    assert (row["user"]["username"][1], row["user"]["last_name"][1]) == ("of 1", "Ł")


def test_the_user_needs_no_further_statement(database: Where) -> None:
    """The user is loaded with the row."""
    linked("1")
    look_up = held()
    with transaction.atomic(), CaptureQueriesContext(connections["default"]) as captured:
        assert look_up("default", "github", "1")[0].user.username == "of 1"
    assert len(captured) == 1


@pytest.mark.parametrize("uids", [1, 2, 3, 5])
def test_several_ids_of_one_identity_can_be_looked_up(database: Where, uids: int) -> None:
    """Each of the ids is found in any order, and only at its provider."""
    for uid in ("1", "2", "3"):
        linked(uid)
        linked(uid, f"elsewhere {uid}", provider="twitter")
    look_up = held(uids)
    asked = ["3", "none", "1", "nobody", "2"][:uids]
    assert {row["uid"][1] for row in found_alike(look_up, "github", *asked)} == {"1", "2", "3"} & set(asked)
    assert found_alike(look_up, "github", *[f"no {uid}" for uid in asked]) == []
    assert found_alike(look_up, "facebook", *asked) == []


@pytest.mark.threat(10)
def test_values_are_never_interpreted(database: Where) -> None:
    """A value with quotes or placeholders finds its own row and no other."""
    for uid in ODD:
        linked(uid)
    one, two = held(), held(2)
    for uid, other in zip(ODD, reversed(ODD), strict=True):
        assert [row["uid"][1] for row in found_alike(one, "github", uid)] == [uid]
        assert {row["uid"][1] for row in found_alike(two, "github", uid, other)} == {uid, other}
        assert found_alike(one, uid, "github") == []


def test_a_nul_fails_as_with_the_queryset(database: Where) -> None:
    """PostgreSQL's driver refuses a NUL and SQLite finds nothing; the next lookup works."""
    linked("1")
    look_up = held()
    results: list[Any] = []
    for look_up_rows in (lambda: list(look_up._build("github", "1\0")), lambda: look_up("default", "github", "1\0")):
        try:
            with transaction.atomic():
                results.append(look_up_rows())
        except (ValueError, DatabaseError) as error:
            results.append(type(error))
    assert results[0] == results[1]
    assert len(found_alike(look_up, "github", "1")) == 1


def test_threads_get_their_own_rows(database: Where) -> None:
    """Eight threads share one lookup, and each gets the rows of its own values."""
    for number in range(8):
        linked(f"{number}-a")
        linked(f"{number}-b")
    look_up = held(2)

    def look_up_rows(number: int) -> None:
        for _ in range(25):
            with transaction.atomic():
                rows = look_up("default", "github", f"{number}-a", f"{number}-b")
            assert {row.uid for row in rows} == {f"{number}-a", f"{number}-b"}
            assert {row.user.username for row in rows} == {f"of {number}-a", f"of {number}-b"}

    in_threads(8, look_up_rows, database)


def test_the_first_thread_compiles_for_all(database: Where) -> None:
    """Each thread of simultaneous first sign-ups would take a millisecond to compile the same SQL."""
    look_up, built = counted()
    look_up("default", "nowhere")
    in_threads(4, lambda number: look_up("default", "nowhere"), database)
    assert len(built) == 1


def test_threads_on_one_connection_do_not_mix_their_values(database: Where, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second thread looks up its values during the first lookup, as in a test server on SQLite in memory."""
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


def test_a_closed_connection_is_not_kept(database: Where) -> None:
    """With a thread for each request, the cache must not keep connections."""
    look_up = held()
    gone: list[weakref.ref[Any]] = []

    def look_up_rows() -> None:
        with used(**database):
            with transaction.atomic():
                look_up("default", "github", "1")
                transaction.set_rollback(True)
            gone.append(weakref.ref(connections["default"]))

    thread = threading.Thread(target=look_up_rows)
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


def test_each_database_has_its_own_statement(database: Where, tmp_path: Any) -> None:
    """SQLite has no `FOR UPDATE`, PostgreSQL needs it, and each row belongs to its database."""
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
def test_the_association_is_locked_and_its_user_is_not(database: Where) -> None:
    """Other transactions cannot change the association until this one ends, but can link to its user."""
    row = linked("1")
    look_up = held()
    for _ in range(2):  # The second lookup uses the compiled statement.
        with transaction.atomic():
            look_up("default", "github", "1")
            params = connections["default"].get_connection_params()
            with psycopg.connect(
                **{name: params[name] for name in ("host", "port", "user", "dbname") if name in params}
            ) as session:
                session.execute("SELECT FROM auth_user WHERE id = %s FOR UPDATE NOWAIT", [row.user_id])
                with pytest.raises(psycopg.errors.LockNotAvailable):
                    session.execute("SELECT FROM social_auth_usersocialauth WHERE id = %s FOR UPDATE NOWAIT", [row.pk])


def test_a_lookup_works_after_a_failed_statement(database: Where) -> None:
    """The lookup works in the next transaction, and in one with a rolled-back savepoint."""
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


def test_a_lookup_works_on_a_new_connection(database: Where) -> None:
    """The lookup works after the connection was closed by us or by the server."""
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


def test_the_statement_depends_on_tokens_per_user(database: Where) -> None:
    """After a change of the setting another statement is used, and after a change back the first one."""
    row = linked("1")
    for number in range(18):
        token_of(row.user, f"digest {number}").save()

    def may_hold_many() -> bool:
        with transaction.atomic():
            (found,) = _look_up(UserSocialAuth, 1, conf.tokens_per_user)("default", "github", "1")
        return bool(found.may_hold_many_tokens)

    found_by_limit = {}
    for allowed in (50, 51, 10_000, 1, 32, 33, 50):
        with override_settings(TOKENS_PER_USER=allowed):
            found_by_limit[allowed] = may_hold_many()
    assert found_by_limit == {50: True, 51: False, 10_000: False, 1: True, 32: True, 33: True}


def test_a_token_has_all_columns_and_its_user(database: Where) -> None:
    """The lookup of every authenticated call returns what its queryset returns."""
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
def test_a_queryset_that_changes_its_values_is_refused(database: Where, build: Callable[[str], QuerySet[User]]) -> None:
    """The error is raised when the statement is compiled; no wrong row is returned."""
    look_up: CompiledLookup[User] = CompiledLookup(build, 1)
    with pytest.raises(ValueError, match="parameter"):
        look_up("default", "x")
