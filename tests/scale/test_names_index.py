"""The index of usernames: its creation, use, repair and removal (docs/decisions/0012)."""

import re
import time
from collections.abc import Iterator
from contextlib import closing
from threading import Thread
from typing import Any

import psycopg
import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction
from django.test.utils import CaptureQueriesContext, isolate_apps

from social import names_index, usernames
from social.names_index import NamesIndex
from tests.legacy_rows.conftest import new_postgres, used

ON_POSTGRES = pytest.param("postgresql", marks=pytest.mark.postgres)
FOLDED = {"postgresql": "upper((username)::text)", "sqlite": '"username" COLLATE NOCASE'}


@pytest.fixture(scope="module", params=["sqlite", ON_POSTGRES])
def migrated(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any
) -> Iterator[dict[str, Any]]:
    """A migrated database with users; two names differ in case only."""
    with django_db_blocker.unblock():
        if request.param == "sqlite":
            path = tmp_path_factory.mktemp("names") / "db.sqlite3"
            where = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path)}
            _fill(where)
            yield where
            return
        with new_postgres() as where:
            _fill(where)
            yield where


def _fill(where: dict[str, Any]) -> None:
    with used(**where):
        call_command("migrate", verbosity=0)
        names = ["Ripley", "ripley", *(f"person-{number}" for number in range(2000))]
        User.objects.bulk_create(User(username=name) for name in names)


@pytest.fixture
def users(migrated: dict[str, Any], django_db_blocker: Any) -> Iterator[dict[str, Any]]:
    """Use the database with Django, and build the index again afterwards."""
    with django_db_blocker.unblock(), used(**migrated):
        yield migrated
        _index().drop()
        _index().create()


def _index() -> NamesIndex:
    index = names_index.names_index(connection)
    assert index is not None
    return index


def _definition() -> str | None:
    """Return the SQL of the index, or None."""
    where = "pg_indexes WHERE indexname" if connection.vendor == "postgresql" else "sqlite_master WHERE name"
    column = "indexdef" if connection.vendor == "postgresql" else "sql"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {where} = %s", [_index().name])  # noqa: S608 - names of ours
        row = cursor.fetchone()
    return row[0] if row else None


def _warnings() -> list[str | None]:
    return [message.id for message in run_checks(databases=["default"]) if message.id == "social.W005"]


def test_the_migration_builds_it(users: Any) -> None:
    """The index is not unique, because the table may contain names that differ in case only."""
    definition = _definition()
    assert definition is not None
    assert FOLDED[connection.vendor] in definition
    assert "UNIQUE" not in definition
    assert _warnings() == []


@pytest.mark.parametrize(
    ("name", "taken"), [("RIPLEY", True), ("PERSON-7", True), ("hicks", False), ("ripley_", False)]
)
def test_the_lookup_of_a_name_uses_it(users: Any, name: str, taken: bool) -> None:
    """The plan of the lookup has an index scan, and the result is correct."""
    with transaction.atomic(), CaptureQueriesContext(connection) as sent:
        assert usernames.taken_among([name]) == ({name} if taken else set())
    statement = next(query["sql"] for query in sent if "auth_user" in query["sql"])
    with connection.cursor() as cursor:
        cursor.execute(("EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN ") + statement)
        plan = str(cursor.fetchall())
    found = {"postgresql": "Index Scan (using|on) {}", "sqlite": r"COVERING INDEX {} \(username=\?\)"}
    assert re.search(found[connection.vendor].format(_index().name), plan)


def test_letters_with_the_same_capital_are_equal(users: Any) -> None:
    """A name is taken if the database's own comparison without regard to case finds it."""
    dotless = "r\u0131pley-7"
    with transaction.atomic():
        User.objects.create(username=dotless)
        is_found = User.objects.filter(username__iexact="ripley-7").exists()
        assert usernames.taken_among(["ripley-7"]) == ({"ripley-7"} if is_found else set())
        transaction.set_rollback(True)


def test_the_migration_is_reversible(users: Any) -> None:
    """The reverse migration removes the index, and the migration creates it again."""
    call_command("migrate", "social", "0001", verbosity=0)
    assert _definition() is None
    assert _warnings() == []
    call_command("migrate", "social", verbosity=0)
    assert _definition() is not None


def test_a_missing_index_is_a_warning(users: Any) -> None:
    """The check that `migrate` runs returns social.W005, and its hint builds the index again."""
    _index().drop()
    assert _warnings() == ["social.W005"]
    _index().create()
    _index().create()
    assert _warnings() == []


@isolate_apps("tests.scale")
def test_other_user_tables(users: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that need quotes work; without the username's column the index is not built, and there is no error."""

    class Odd(models.Model):
        mail = models.EmailField(db_column="the e-mail", unique=True)

        USERNAME_FIELD = "mail"

        class Meta:
            app_label = "scale"
            db_table = "Odd users"

        def __str__(self) -> str:
            return self.mail

    class Later(models.Model):
        handle = models.CharField(max_length=30)

        USERNAME_FIELD = "handle"

        class Meta:
            app_label = "scale"
            db_table = "auth_user"

        def __str__(self) -> str:
            return self.handle

    with connection.schema_editor() as editor:
        editor.create_model(Odd)
    try:
        for model, possible in ((Odd, True), (Later, False)):
            monkeypatch.setattr(names_index, "get_user_model", lambda model=model: model)
            assert _definition() is None
            _index().create()
            assert (_index().exists, _definition() is not None) == (possible, possible)
        monkeypatch.setattr(names_index, "get_user_model", lambda: Odd)
        _index().drop()
        assert _definition() is None
    finally:
        monkeypatch.setattr(names_index, "get_user_model", get_user_model)
        with connection.schema_editor() as editor:
            editor.delete_model(Odd)


@pytest.fixture
def open_transaction(users: dict[str, Any]) -> Iterator["psycopg.Connection[Any]"]:
    """A connection with an open transaction on the users, without the index."""
    _index().drop()
    address = {"dbname": users["NAME"], "host": users["HOST"], "port": users["PORT"] or None, "user": users["USER"]}
    with closing(psycopg.connect(**address, password=users["PASSWORD"] or None)) as other:
        other.execute("UPDATE auth_user SET first_name = 'Ellen' WHERE username = 'ripley'")
        yield other
        other.rollback()


@pytest.mark.parametrize("migrated", [ON_POSTGRES], indirect=True)
def test_an_interrupted_index_is_built_again(open_transaction: "psycopg.Connection[Any]") -> None:
    """PostgreSQL leaves an invalid index with the same name, which is replaced."""
    index = _index()
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '300ms'")
        with pytest.raises(DatabaseError, match="statement timeout"):
            index.create()
        cursor.execute("SET statement_timeout = 0")
    assert _definition() is not None
    assert _warnings() == ["social.W005"]
    open_transaction.rollback()
    index.create()
    assert _warnings() == []


@pytest.mark.parametrize("migrated", [ON_POSTGRES], indirect=True)
def test_users_can_sign_up_meanwhile(open_transaction: "psycopg.Connection[Any]", users: dict[str, Any]) -> None:
    """Building waits for open transactions, and inserts do not wait for it."""

    def build() -> None:
        with used(**users):
            _index().create()

    building = Thread(target=build)
    building.start()
    try:
        with connection.cursor() as cursor:
            until = time.monotonic() + 30
            waits = False
            while not waits and time.monotonic() < until:
                cursor.execute(
                    "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
                    "AND query LIKE 'CREATE INDEX%' AND wait_event_type = 'Lock')"
                )
                ((waits,),) = cursor.fetchall()
            assert waits
            cursor.execute("SET lock_timeout = '5s'")
        User.objects.create(username="hudson")
        assert not _index().exists
    finally:
        open_transaction.rollback()
        building.join(30)
    assert _index().exists


@pytest.mark.parametrize("migrated", [ON_POSTGRES], indirect=True)
def test_the_index_is_analysed(users: dict[str, Any]) -> None:
    """Without statistics the planner expects one row in 200 to match and prefers a scan."""
    _index().drop()
    _index().create()
    with connection.cursor() as cursor:
        cursor.execute("SELECT n_distinct FROM pg_stats WHERE tablename = %s", [_index().name])
        ((distinct,),) = cursor.fetchall()
    assert distinct < -0.9
