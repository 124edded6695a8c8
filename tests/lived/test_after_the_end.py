"""A database that has lived through the whole migration, under a service whose older version is gone.

The test that walks docs/migration.md leaves it, for `scripts/sever`, which then deletes the older adapter; elsewhere
this is skipped.
"""

import json
import shutil
import time
from collections.abc import Iterator, Mapping

import pytest
import requests
from django.conf import settings

from tests.e2e.client import Api
from tests.e2e.databases import Database
from tests.e2e.servers import ROOT, Sandbox, Service, run_to_end, running_sandbox, running_service

pytestmark = pytest.mark.e2e

LIVED = ROOT / ".cache" / "lived"
WRITTEN_WITHIN = 60
"""Seconds until a call must be in the ledger; less than one when nobody else is here."""


@pytest.fixture(scope="module")
def keys() -> Mapping[str, str]:
    """What the old API gave out years ago, by user name."""
    if "api/v1/" in settings.APIS.values():
        pytest.skip("v1 is mounted still")
    if not LIVED.exists():
        pytest.skip("no database here has lived through the migration")
    found: dict[str, str] = json.loads((LIVED / "keys.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """The providers on this machine."""
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def database(keys: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Database:
    """The database, a copy of one's own."""
    copy = tmp_path_factory.mktemp("lived") / "company.sqlite3"
    shutil.copy(LIVED / copy.name, copy)
    return Database("sqlite", f"sqlite:///{copy}")


@pytest.fixture(scope="module")
def service(sandbox: Sandbox, database: Database) -> Iterator[Service]:
    """The service on it."""
    with running_service(sandbox, database_url=database.url, LEDGER_FLUSH_SECONDS="0.2") as service:
        yield service


@pytest.fixture
def v2(service: Service) -> Api:
    """The version that stays."""
    return Api(service.url, "api/v2/")


def test_the_older_version_is_gone(service: Service) -> None:
    """It is a path like any other that there is not."""
    assert requests.get(f"{service.url}/api/v1/provider/", timeout=30).status_code == 404


def test_old_keys_open_the_newer_one(v2: Api, keys: Mapping[str, str]) -> None:
    """As old clients send them, and as new ones do."""
    assert len(keys) > 1
    for name, key in keys.items():
        for header in (f"ApiKey {name}:{key}", f"Bearer {key}"):
            answer = v2.get("user/", headers={"Authorization": header})
            assert answer.status_code == 200, answer.text
            assert [user["username"] for user in answer.json()["objects"]] == [name]


def test_people_of_years_ago_sign_in(v2: Api, sandbox: Sandbox, keys: Mapping[str, str]) -> None:
    """Each of her accounts gives the user whom the key gives, and nobody is made anew."""
    own = v2.get("user/", headers={"Authorization": f"Bearer {keys['ripley']}"}).json()["objects"][0]
    for provider in ("facebook", "google-oauth2"):
        answer = v2.sign_up(sandbox.token(provider, "ripley")).json()
        assert (answer["outcome"], answer["id"]) == ("signed_in", own["id"])


def test_the_years_are_not_forgotten(database: Database) -> None:
    """The ledger still tells of the older version, and the question whether it can go has its answer."""
    of_v1 = "FROM rollout_dailycalls WHERE version = 'v1'"
    days, calls = database.rows(f"SELECT count(DISTINCT day), sum(calls) {of_v1}")[0]
    assert days > 250
    assert calls > 10_000
    environment = {
        "SECRET_KEY": "tests-only",
        "DATABASE_URL": database.url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    ended = run_to_end("django", environment, "migration_status")
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_ledger_goes_on(v2: Api, database: Database) -> None:
    """It counts the version that stays, and the other no more, whoever still asks for it."""

    def counted() -> dict[str, int]:
        return dict(database.rows("SELECT version, sum(calls) FROM rollout_dailycalls GROUP BY version"))

    before = counted()
    assert requests.get(f"{v2.service}/api/v1/provider/", timeout=30).status_code == 404
    assert v2.get("provider/").status_code == 200
    until = time.monotonic() + WRITTEN_WITHIN
    while counted()["v2"] == before["v2"]:
        assert time.monotonic() < until, "the call was not counted"
        time.sleep(0.1)
    assert counted()["v1"] == before["v1"]
