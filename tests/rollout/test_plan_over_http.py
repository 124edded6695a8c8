"""Over HTTP: a brownout saved in the admin is in effect on every worker within seconds, and so is its deletion."""

import os
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests

from tests.e2e.databases import Database, new_database
from tests.e2e.servers import Service, running_service
from tests.e2e.staff import create_superuser, filled_in, signed_in

pytestmark = [pytest.mark.e2e, pytest.mark.postgres, pytest.mark.redis]

WITHIN = 30
"""Seconds to wait at most; two are what it takes."""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with new_database("postgres", tmp_path_factory.mktemp("database")) as database:
        yield database


@pytest.fixture(scope="module")
def service(database: Database) -> Iterator[Service]:
    """Two workers on PostgreSQL and Redis."""
    redis = os.environ.get("TEST_REDIS_URL")
    if not redis:
        pytest.skip("needs Redis: TEST_REDIS_URL is not set")
    environment = {"ADMIN": "1", "WEB_CONCURRENCY": "2", "THREADS": "4", "REDIS_URL": redis}
    with running_service(None, database_url=database.url, **environment) as service:
        until = time.monotonic() + WITHIN
        while len(service.workers) < 2:
            assert time.monotonic() < until
            time.sleep(0.1)
        yield service


@pytest.fixture(scope="module")
def staff(service: Service, database: Database) -> requests.Session:
    """A browser of the first staff user, created as the manual describes."""
    create_superuser(database.url)
    return signed_in(service)


def assert_everywhere(service: Service, version: str, status: int, **headers: str) -> None:
    """Wait until each worker answers as expected."""
    for worker in service.workers:
        with service.alone(worker):
            until = time.monotonic() + WITHIN
            while True:
                found = requests.get(f"{service.url}/api/{version}/provider/", headers=headers, timeout=60).status_code
                if found == status:
                    break
                assert time.monotonic() < until, found
                time.sleep(0.2)


def test_a_brownout_reaches_every_worker(service: Service, database: Database, staff: requests.Session) -> None:
    """Saved by one worker, deleted in the database; v2 answers throughout."""
    root = requests.get(f"{service.url}/api/v1/", timeout=30)
    if root.status_code == 404:
        pytest.skip("v1 is not mounted")
    assert_everywhere(service, "v1", 200)
    now = datetime.now(UTC)
    moments = {"start": now - timedelta(hours=1), "end": now + timedelta(hours=1)}
    fields = {
        f"{name}_{part}": moment.strftime(form)
        for name, moment in moments.items()
        for part, form in enumerate(("%Y-%m-%d", "%H:%M:%S"))
    }
    saved = filled_in(
        staff, f"{service.url}/admin/rollout/brownout/add/", **fields, share=100, client="ShopApp", note=""
    )
    assert "was added successfully" in saved.text
    assert_everywhere(service, "v1", 410, **{"User-Agent": "ShopApp/2.1"})
    assert_everywhere(service, "v1", 200, **{"User-Agent": "Other/1.0"})
    assert_everywhere(service, "v2", 200, **{"User-Agent": "ShopApp/2.1"})
    database.execute("DELETE FROM rollout_brownout")
    assert_everywhere(service, "v1", 200, **{"User-Agent": "ShopApp/2.1"})
    assert "Traceback" not in service.log()


def test_the_admins_files_are_served(service: Service, staff: requests.Session) -> None:
    """By this server, and every one that its pages name."""
    page = staff.get(f"{service.url}/admin/rollout/brownout/add/", timeout=30)
    files = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text))
    assert "/static/admin/css/base.css" in files
    for file in files:
        assert requests.get(service.url + file, timeout=30).status_code == 200
    assert not re.findall(r'(?:href|src)="(?:https?:)?//', page.text)
