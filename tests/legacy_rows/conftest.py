"""Databases of each era, migrated to this release as `check_associations` says."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections, transaction
from django.db.utils import load_backend
from psycopg import sql

from social.legacy_rows import obstacles
from tests.contract.conftest import ApiClient
from tests.e2e.databases import NEEDS_POSTGRES
from tests.legacy_rows.cases import CASES
from tests.legacy_rows.eras import ERAS, JSONB, Era

Empty = Callable[[str], AbstractContextManager[None]]
DATABASES = [(ERAS[0], "sqlite"), (ERAS[2], "sqlite"), (JSONB, "postgresql"), (ERAS[0], "postgresql")]
"""The oldest and the newest rows, and those of the only era with a choice of the column's type on PostgreSQL."""
COMBINATIONS = [
    pytest.param(
        (era, vendor, app), id=f"{era}-{vendor}-{app}", marks=[pytest.mark.postgres] if vendor == "postgresql" else []
    )
    for (era, vendor), app in zip(DATABASES, cycle(settings.APIS), strict=False)
]
"""Each era on each database, with one of the APIs in turn: each API runs on several eras and on both databases.

All combinations would add nothing: the code that depends on the era and the database is behind the adapters.
"""


@contextmanager
def used(**database: Any) -> Iterator[None]:
    """Use this database instead of the tests' default."""
    before = connections["default"]
    options = {**connections.settings["default"], "OPTIONS": {}, **database}
    connections["default"] = load_backend(options["ENGINE"]).DatabaseWrapper(options, "default")
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = before


@contextmanager
def new_postgres() -> Iterator[dict[str, Any]]:
    server = os.environ.get("TEST_POSTGRES_URL")
    if not server:
        pytest.skip(NEEDS_POSTGRES)
    url = urlsplit(server)
    name = f"tandem_rows_{secrets.token_hex(6)}"
    server_options = {"HOST": url.hostname, "PORT": url.port or "", "USER": unquote(url.username or "")}
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        password = unquote(url.password or "")
        yield {"ENGINE": "django.db.backends.postgresql", "NAME": name, "PASSWORD": password, **server_options}
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Empty:
    """Create an empty database of a vendor and use it while the context lasts."""

    @contextmanager
    def make(vendor: str) -> Iterator[None]:
        with django_db_blocker.unblock():
            if vendor == "postgresql":
                with new_postgres() as database, used(**database):
                    yield
            else:
                path: Path = tmp_path_factory.mktemp("rows") / "db.sqlite3"
                with used(ENGINE="django.db.backends.sqlite3", NAME=str(path)):
                    yield

    return make


def fill(era: Era) -> dict[str, int]:
    """Insert all rows; return the users' ids."""
    users: dict[str, int] = {}
    with transaction.atomic(), closing(connections["default"].cursor()) as cursor:
        for row in (row for case in CASES for row in case.rows):
            if row.owner not in users:
                users[row.owner] = era.add_user(cursor, row.owner, email=row.email, active=row.active)
            # An empty string is not JSON, but the text columns of old releases could contain one.
            empty = "{}" if era.jsonb or era.year >= 2023 else ""
            era.add_association(cursor, users[row.owner], row.provider, row.uid, row.extra_data or empty)
    return users


def make_tables(era: Era) -> None:
    with transaction.atomic(), connections["default"].cursor() as cursor:
        era.make_tables(cursor, connections["default"].vendor)


def migrate() -> None:
    """Run the hints of the obstacles, then migrate."""
    for obstacle in obstacles.state().obstacles:
        if obstacle.hint.startswith("manage.py "):
            call_command(*obstacle.hint.split()[1:], verbosity=0)
        else:
            with connections["default"].cursor() as cursor:
                cursor.execute(obstacle.hint)
    call_command("migrate", verbosity=0, interactive=False)


@pytest.fixture(scope="module", params=COMBINATIONS)
def combination(request: pytest.FixtureRequest) -> tuple[Era, str, str]:
    """An era, a database vendor, and the API of the sign-ins."""
    combination: tuple[Era, str, str] = request.param
    return combination


@pytest.fixture
def api(combination: tuple[Era, str, str]) -> ApiClient:
    """The API of the combination."""
    return ApiClient(combination[-1])


@pytest.fixture(scope="module")
def migrated(combination: tuple[Era, str, str], empty: Empty) -> Iterator[dict[str, int]]:
    """The rows of an era, after `migrate`: the users' ids by name."""
    era, vendor, _ = combination
    with empty(vendor):
        make_tables(era)
        users = fill(era)
        migrate()
        yield users


@pytest.fixture
def users(migrated: dict[str, int]) -> Iterator[dict[str, int]]:
    """The same for one test, whose changes are rolled back."""
    with transaction.atomic():
        yield migrated
        transaction.set_rollback(True)
