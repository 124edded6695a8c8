"""`manage.py import_api_keys` as a process on PostgreSQL: killed, and concurrent with deletions."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests import SECRET_KEY
from tests.e2e.databases import Database, empty_postgres, migrate
from tests.e2e.servers import ROOT, run_to_end

pytestmark = [pytest.mark.e2e, pytest.mark.postgres]

LOCKED_USER = 4
"""The user whose row another session locks; it is in the second of four batches."""
TIMEOUT = 60
TABLES = """
    INSERT INTO auth_user (id, password, is_superuser, username, first_name, last_name, email, is_staff, is_active,
        date_joined) SELECT n, '!', false, 'user-' || n, '', '', '', false, true, now() FROM generate_series(1, 7) n;
    CREATE TABLE tastypie_apikey (id serial PRIMARY KEY, user_id integer NOT NULL UNIQUE, key varchar(128) NOT NULL,
        created timestamptz NOT NULL);
    INSERT INTO tastypie_apikey (user_id, key, created)
        SELECT n, repeat(n::text, 40), now() FROM generate_series(1, 7) n;
"""
"""Seven users with a key each."""


@pytest.fixture(scope="module")
def migrated() -> Iterator[Database]:
    """A migrated database."""
    with empty_postgres() as database:
        migrate(database)
        yield database


@pytest.fixture
def database(migrated: Database) -> Iterator[Database]:
    """The database with seven users and their keys."""
    migrated.execute(TABLES)
    yield migrated
    migrated.execute("DROP TABLE tastypie_apikey")
    migrated.clear()


def environment(database: Database) -> dict[str, str]:
    return {
        "SECRET_KEY": SECRET_KEY,
        "DATABASE_URL": database.url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


def run_again(database: Database) -> str:
    ended = run_to_end("django", environment(database), "import_api_keys", "--batch-size=2")
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def imported(database: Database) -> list[int]:
    """Return the users whose keys are imported, and check the digests."""
    rows = database.rows("SELECT user_id, digest FROM social_accesstoken WHERE imported ORDER BY user_id")
    assert all(digest == hashlib.sha256((str(user) * 40).encode()).hexdigest() for user, digest in rows)
    return [user for user, _ in rows]


@contextmanager
def running(database: Database, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start the command, and wait until it waits for the locked user."""
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "django", "import_api_keys", "--batch-size=2"],
            cwd=ROOT,
            env={**os.environ, **environment(database)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        until = time.monotonic() + TIMEOUT
        waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        while not database.rows(waiting):
            assert process.poll() is None, (folder / "output").read_text()
            assert time.monotonic() < until
            time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_killed(database: Database, tmp_path: Path, how: signal.Signals) -> None:
    """A killed run leaves whole batches; the next run imports the other keys. Ctrl-C prints a message."""
    with psycopg.connect(database.url) as session:
        session.execute("SELECT 1 FROM auth_user WHERE id = %s FOR UPDATE", [LOCKED_USER])
        with running(database, tmp_path) as process:
            process.send_signal(how)
            assert process.wait(TIMEOUT) == (130 if how is signal.SIGINT else -how)
    output = (tmp_path / "output").read_text()
    assert ("Run the command again for the others" in output) is (how is signal.SIGINT)
    assert "Traceback" not in output
    # PostgreSQL may commit the batch of a killed client.
    assert imported(database) in ([1, 2], [1, 2, 3, 4])
    assert run_again(database).startswith("7 keys: ")
    assert imported(database) == [1, 2, 3, 4, 5, 6, 7]


def test_user_deleted_during_the_import(database: Database, tmp_path: Path) -> None:
    """The other keys of the batch are imported, and the key of the deleted user is reported."""
    with psycopg.connect(database.url) as session:
        session.execute("DELETE FROM auth_user WHERE id = %s", [LOCKED_USER])
        with running(database, tmp_path) as process:
            session.commit()
            assert process.wait(TIMEOUT) == 0
    output = (tmp_path / "output").read_text()
    assert f"row {LOCKED_USER} (user {LOCKED_USER}): not imported, its user is gone" in output
    assert "7 keys: 6 imported," in output
    assert imported(database) == [1, 2, 3, 5, 6, 7]
