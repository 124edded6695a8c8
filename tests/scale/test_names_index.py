"""The index by which names are found: built, used, mended, taken back (docs/decisions/0012)."""

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
    """A database with a few users, some of whom have one name but for the case."""
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
    """Let Django use it, and leave it with its index."""
    with django_db_blocker.unblock(), used(**migrated):
        yield migrated
        _index().drop()
        _index().create()


def _index() -> NamesIndex:
    index = names_index.names_index(connection)
    assert index is not None
    return index


def _definition() -> str | None:
    """Give the SQL of the index."""
    where = "pg_indexes WHERE indexname" if connection.vendor == "postgresql" else "sqlite_master WHERE name"
    column = "indexdef" if connection.vendor == "postgresql" else "sql"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {where} = %s", [_index().name])  # noqa: S608 - names of ours
        row = cursor.fetchone()
    return row[0] if row else None


def _warnings() -> list[str | None]:
    return [message.id for message in run_checks(databases=["default"]) if message.id == "social.W005"]


def test_the_migration_builds_it(users: Any) -> None:
    """Not unique: the table may hold names that differ in their case alone."""
    definition = _definition()
    assert definition is not None
    assert FOLDED[connection.vendor] in definition
    assert "UNIQUE" not in definition
    assert _warnings() == []


@pytest.mark.parametrize(
    ("name", "taken"), [("RIPLEY", True), ("PERSON-7", True), ("hicks", False), ("ripley_", False)]
)
def test_a_name_is_looked_up_in_it(users: Any, name: str, taken: bool) -> None:
    """As the planner says of the very statement."""
    with transaction.atomic(), CaptureQueriesContext(connection) as sent:
        assert usernames.taken_among([name]) == ({name} if taken else set())
    statement = next(query["sql"] for query in sent if "auth_user" in query["sql"])
    with connection.cursor() as cursor:
        cursor.execute(("EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN ") + statement)
        plan = str(cursor.fetchall())
    found = {"postgresql": "Index Scan (using|on) {}", "sqlite": r"COVERING INDEX {} \(username=\?\)"}
    assert re.search(found[connection.vendor].format(_index().name), plan)


def test_letters_of_one_capital_are_alike(users: Any) -> None:
    """As PostgreSQL sees them: whom a look-up without regard to case would find has the name."""
    dotless = "r\u0131pley-7"
    with transaction.atomic():
        User.objects.create(username=dotless)
        is_found = User.objects.filter(username__iexact="ripley-7").exists()
        assert usernames.taken_among(["ripley-7"]) == ({"ripley-7"} if is_found else set())
        transaction.set_rollback(True)


def test_back_and_forth(users: Any) -> None:
    """The migration takes away what it has built, and nothing else; forth again, it is there."""
    call_command("migrate", "social", "0001", verbosity=0)
    assert _definition() is None
    assert _warnings() == []
    call_command("migrate", "social", verbosity=0)
    assert _definition() is not None


def test_a_lost_one_is_told(users: Any) -> None:
    """By the check that `migrate` runs; what it hints at builds it anew."""
    _index().drop()
    assert _warnings() == ["social.W005"]
    _index().create()
    _index().create()
    assert _warnings() == []


@isolate_apps("tests.scale")
def test_a_table_of_another_shape(users: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that need quotes; and a field that is yet to come: the migration goes on, and the check tells."""

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
def somebody_else(users: dict[str, Any]) -> Iterator["psycopg.Connection[Any]"]:
    """Somebody in the middle of a sign-up, when there is no index yet."""
    _index().drop()
    address = {"dbname": users["NAME"], "host": users["HOST"], "port": users["PORT"] or None, "user": users["USER"]}
    with closing(psycopg.connect(**address, password=users["PASSWORD"] or None)) as other:
        other.execute("UPDATE auth_user SET first_name = 'Ellen' WHERE username = 'ripley'")
        yield other
        other.rollback()


@pytest.mark.parametrize("migrated", [ON_POSTGRES], indirect=True)
def test_an_interrupted_one_is_built_anew(somebody_else: "psycopg.Connection[Any]") -> None:
    """PostgreSQL leaves a torso, which is of no use and in the way of another of its name."""
    index = _index()
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '300ms'")
        with pytest.raises(DatabaseError, match="statement timeout"):
            index.create()
        cursor.execute("SET statement_timeout = 0")
    assert _definition() is not None
    assert _warnings() == ["social.W005"]
    somebody_else.rollback()
    index.create()
    assert _warnings() == []


@pytest.mark.parametrize("migrated", [ON_POSTGRES], indirect=True)
def test_people_sign_up_meanwhile(somebody_else: "psycopg.Connection[Any]", users: dict[str, Any]) -> None:
    """It waits for those who are in the middle of something, and nobody waits for it."""

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
        somebody_else.rollback()
        building.join(30)
    assert _index().exists


@pytest.mark.parametrize("migrated", [ON_POSTGRES], indirect=True)
def test_the_planner_knows_its_values(users: dict[str, Any]) -> None:
    """Without, it takes one row in 200 for a hit, and the index for hardly better than none."""
    _index().drop()
    _index().create()
    with connection.cursor() as cursor:
        cursor.execute("SELECT n_distinct FROM pg_stats WHERE tablename = %s", [_index().name])
        ((distinct,),) = cursor.fetchall()
    assert distinct < -0.9
