"""The database at the end of docs/migration.md, under a service without the older version.

The test that runs the commands of docs/migration.md keeps the database for `scripts/sever`, which deletes the older
adapter and runs these tests. They are skipped elsewhere.
"""

import json
import shutil
import time
from collections.abc import Iterator, Mapping

import pytest
import requests
from django.conf import settings

from tests import SECRET_KEY
from tests.e2e.client import Api
from tests.e2e.databases import Database
from tests.e2e.servers import ROOT, Sandbox, Service, run_to_end, running_sandbox, running_service

pytestmark = pytest.mark.e2e

MIGRATED = ROOT / ".cache" / "migrated"
WRITTEN_WITHIN = 60
"""Seconds within which a call must be in the ledger, on a busy machine; usually less than one."""


@pytest.fixture(scope="module")
def keys() -> Mapping[str, str]:
    """The API keys of the old library, by username."""
    if "api/v1/" in settings.APIS.values():
        pytest.skip("v1 is still mounted")
    if not MIGRATED.exists():
        pytest.skip("the tests of docs/migration.md have left no database")
    found: dict[str, str] = json.loads((MIGRATED / "keys.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A running sandbox."""
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def database(keys: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Database:
    """A copy of the database."""
    copy = tmp_path_factory.mktemp("migrated") / "company.sqlite3"
    shutil.copy(MIGRATED / copy.name, copy)
    return Database("sqlite", f"sqlite:///{copy}")


@pytest.fixture(scope="module")
def service(sandbox: Sandbox, database: Database) -> Iterator[Service]:
    """The service on the database."""
    with running_service(sandbox, database_url=database.url, LEDGER_FLUSH_SECONDS="0.2") as service:
        yield service


@pytest.fixture
def v2(service: Service) -> Api:
    """A client of the newer version."""
    return Api(service.url, "api/v2/")


def test_the_ledger_keeps_the_older_version(database: Database) -> None:
    """The ledger contains the calls of the older version, and `migration_status` still has an answer.

    The page ends with a call that the deleted version refuses. Its client still has to move, so the answer may be no.
    """
    of_v1 = "FROM rollout_dailycalls WHERE version = 'v1'"
    days, calls = database.rows(f"SELECT count(DISTINCT day), sum(calls) {of_v1}")[0]
    assert days > 250
    assert calls > 10_000
    environment = {
        "SECRET_KEY": SECRET_KEY,
        "DATABASE_URL": database.url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    ended = run_to_end("django", environment, "migration_status")
    assert ended.returncode in {0, 1}, ended.stdout + ended.stderr
    assert ended.stdout.partition("\n")[0].startswith(("Yes: v1 has ", "No: v1 has ", "Not yet: v1 has "))


def test_the_older_version_is_gone(service: Service) -> None:
    """Its paths are 410, as after the sunset."""
    assert requests.get(f"{service.url}/api/v1/provider/", timeout=30).json()["code"] == "version_retired"


def test_old_keys_authenticate(v2: Api, keys: Mapping[str, str]) -> None:
    """The newer version accepts them with `ApiKey` and with `Bearer`."""
    assert len(keys) > 1
    for name, key in keys.items():
        for header in (f"ApiKey {name}:{key}", f"Bearer {key}"):
            answer = v2.get("user/", headers={"Authorization": header})
            assert answer.status_code == 200, answer.text
            assert [user["username"] for user in answer.json()["objects"]] == [name]


def test_users_of_the_old_library_sign_in(v2: Api, sandbox: Sandbox, keys: Mapping[str, str]) -> None:
    """Each account signs in to the user that the key belongs to, and no user is created."""
    own = v2.get("user/", headers={"Authorization": f"Bearer {keys['ripley']}"}).json()["objects"][0]
    for provider in ("facebook", "google-oauth2"):
        answer = v2.sign_up(sandbox.token(provider, "ripley")).json()
        assert (answer["outcome"], answer["id"]) == ("signed_in", own["id"])


def test_the_ledger_counts_the_newer_version(v2: Api, database: Database) -> None:
    """It counts calls of the newer version, and those that the older one refuses."""

    def counted() -> dict[str, int]:
        return dict(database.rows("SELECT version, sum(calls) FROM rollout_dailycalls GROUP BY version"))

    before = counted()
    assert requests.get(f"{v2.service}/api/v1/provider/", timeout=30).status_code == 410
    assert v2.get("provider/").status_code == 200
    until = time.monotonic() + WRITTEN_WITHIN
    while any(counted()[version] == before[version] for version in ("v1", "v2")):
        assert time.monotonic() < until, "the call was not counted"
        time.sleep(0.1)
