"""`manage.py reencrypt_provider_tokens` as a process, on both databases (docs/threats.md, row 30)."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet, InvalidToken

from tests import SECRET_KEY
from tests.e2e.databases import Database, migrate, new_database
from tests.e2e.servers import ROOT, run_to_end

pytestmark = [pytest.mark.e2e, pytest.mark.threat(30)]

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))
ROWS = 7
LOCKED = 5
"""The id of the row that a sign-in has locked."""
SOON = 60
USER = (
    "INSERT INTO auth_user (id, password, is_superuser, username, first_name, last_name, email, is_staff, is_active, "
    "date_joined) VALUES (1, '!', false, 'ripley', '', '', '', false, true, '2026-01-01 00:00:00+00')"
)
ROW = (
    "INSERT INTO social_auth_usersocialauth (id, user_id, provider, id_key, uid, extra_data, created, modified) VALUES "
    "({id}, 1, 'facebook', 'id', '{id}', '{extra_data}', '2026-01-01 00:00:00+00', '2026-01-01 00:00:00+00')"
)


def encrypted(key: str, token: str) -> str:
    return json.dumps({"access_token": "fernet:" + Fernet(key).encrypt(json.dumps(token).encode()).decode()})


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Create a database whose tokens are under the old key, except the first, which is plain."""
    with new_database(request.param, tmp_path) as database:
        if database.vendor == "sqlite":
            migrate(database)
        database.execute(USER)
        for number in range(1, ROWS + 1):
            extra_data = json.dumps({"access_token": "canary-1"}) if number == 1 else encrypted(OLD, f"canary-{number}")
            database.execute(ROW.format(id=number, extra_data=extra_data))
        yield database


def environment(database: Database) -> dict[str, str]:
    return {
        "SECRET_KEY": SECRET_KEY,
        "DATABASE_URL": database.url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PROVIDER_TOKEN_KEYS": f"{NEW},{OLD}",
    }


def run_command(database: Database) -> tuple[int, str]:
    ended = run_to_end("django", environment(database), "reencrypt_provider_tokens", "--batch-size=2")
    return ended.returncode, ended.stdout + ended.stderr


def tokens_under(key: str, database: Database) -> dict[int, str]:
    """Return, by association id, every token that one key can decrypt."""
    found = {}
    for number, extra_data in database.rows("SELECT id, extra_data FROM social_auth_usersocialauth ORDER BY id"):
        kept = (json.loads(extra_data) if isinstance(extra_data, str) else extra_data)["access_token"]
        try:
            found[number] = json.loads(Fernet(key).decrypt(kept.removeprefix("fernet:")))
        except InvalidToken:
            continue
    return found


def expected(**newer: str) -> dict[int, str]:
    return {number: newer.get(f"row_{number}", f"canary-{number}") for number in range(1, ROWS + 1)}


def test_a_second_run_changes_nothing(database: Database) -> None:
    """Plain rows and rows under the old key are encrypted with the new key; a second run writes nothing."""
    assert run_command(database) == (
        0,
        f"{ROWS} associations: {ROWS} encrypted (1 were in clear), 0 unchanged, 0 cannot be read.\n",
    )
    assert tokens_under(NEW, database) == expected()
    assert run_command(database) == (
        0,
        f"{ROWS} associations: 0 encrypted, {ROWS} unchanged, 0 cannot be read.\n",
    )


@contextmanager
def running(database: Database) -> Iterator[subprocess.Popen[bytes]]:
    """Start the command, and wait until it waits for the locked row."""
    process = subprocess.Popen(
        [sys.executable, "-m", "django", "reencrypt_provider_tokens", "--batch-size=2"],
        cwd=ROOT,
        env={**os.environ, **environment(database)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + SOON
        waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        while not database.rows(waiting):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_a_concurrent_sign_in_is_not_overwritten(database: Database) -> None:
    """The command has read a row that a sign-in then commits; the token of the sign-in is kept."""
    with psycopg.connect(database.url) as sign_in:
        sign_in.execute(
            "UPDATE social_auth_usersocialauth SET extra_data = %s WHERE id = %s", [encrypted(OLD, "newer"), LOCKED]
        )
        with running(database) as process:
            sign_in.commit()
            assert process.wait(SOON) == 0
    assert tokens_under(NEW, database) == expected(row_5="newer")


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_a_killed_run_can_be_repeated(database: Database) -> None:
    """Each batch is whole, and the next run completes the rest."""
    with psycopg.connect(database.url) as sign_in:
        sign_in.execute("SELECT 1 FROM social_auth_usersocialauth WHERE id = %s FOR UPDATE", [LOCKED])
        with running(database) as process:
            process.kill()
            process.wait()
    assert sorted(tokens_under(NEW, database)) == [1, 2, 3, 4]
    assert {**tokens_under(NEW, database), **tokens_under(OLD, database)} == expected()
    assert run_command(database)[0] == 0
    assert tokens_under(NEW, database) == expected()
