"""One refresh at a time over several processes, on both databases (docs/decisions/0023)."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests import SECRET_KEY
from tests.e2e.databases import Database, migrate, new_database
from tests.e2e.servers import ROOT
from tests.social.grants import EXPIRED
from tests.social.local_provider import LocalProvider, answer, serving
from tests.social.test_provider_token_rotation_process import USER

pytestmark = pytest.mark.e2e

KEY = Fernet.generate_key()
SOON = 60
THREADS = 8
ANSWER = answer(
    "200 OK",
    json.dumps({"access_token": "access-1", "refresh_token": "refresh-1", "expires_in": 7200}).encode(),
    "Content-Type: application/json",
)
ROW = (
    "INSERT INTO social_auth_usersocialauth (id, user_id, provider, id_key, uid, extra_data, created, modified) VALUES "
    "(1, 1, 'gitlab', 'id', '1', '{extra_data}', '2026-01-01 00:00:00+00', '2026-01-01 00:00:00+00')"
)


def encrypted(token: str) -> str:
    return "fernet:" + Fernet(KEY).encrypt(json.dumps(token).encode()).decode()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Create a database with an expired access token."""
    kept = {
        "access_token": encrypted("access-0"),
        "refresh_token": encrypted("refresh-0"),
        "access_token_expires_at": EXPIRED,
    }
    with new_database(request.param, tmp_path) as database:
        if database.vendor == "sqlite":
            migrate(database)
        database.execute(USER)
        database.execute(ROW.format(extra_data=json.dumps(kept)))
        yield database


def kept(database: Database) -> dict[str, str]:
    """Return the stored tokens in clear."""
    [(extra_data,)] = database.rows("SELECT extra_data FROM social_auth_usersocialauth")
    found = json.loads(extra_data) if isinstance(extra_data, str) else extra_data
    return {
        name: json.loads(Fernet(KEY).decrypt(found[name].removeprefix("fernet:")))
        for name in ("access_token", "refresh_token")
    }


def started(database: Database, provider: LocalProvider, go: Path, *, threads: int) -> "subprocess.Popen[str]":
    """Start a process, and wait until its threads are about to ask."""
    environment = {
        "SECRET_KEY": SECRET_KEY,
        "DATABASE_URL": database.url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PROVIDER_TOKEN_KEYS": KEY.decode(),
        "PROVIDER_TIMEOUT": "5",
        "SANDBOX": "1",
        "PROVIDER_HOSTS": json.dumps({"https://gitlab.com": provider.url}),
        "SOCIAL_PROVIDERS": "gitlab",
        "SOCIAL_AUTH_GITLAB_KEY": "our-gitlab-key",
        "SOCIAL_AUTH_GITLAB_SECRET": "our-gitlab-secret",
    }
    process = subprocess.Popen(  # noqa: S603 - our own
        [sys.executable, "-m", "tests.social.refreshing", str(go), str(threads)],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def tokens_of(process: "subprocess.Popen[str]") -> list[str]:
    output, _ = process.communicate(timeout=SOON)
    assert process.returncode == 0
    tokens: list[str] = json.loads(output)
    return tokens


def test_processes_refresh_once(database: Database, tmp_path: Path) -> None:
    """Two processes with eight threads each ask at once: one call, and everybody gets its token."""

    def slow(connection: socket.socket, request: bytes) -> bool:
        time.sleep(1)
        return ANSWER(connection, request)

    go = tmp_path / "go"
    with serving(slow) as provider, ExitStack() as stack:
        processes = [stack.enter_context(started(database, provider, go, threads=THREADS)) for _ in range(2)]
        go.touch()
        assert [tokens_of(process) for process in processes] == [["access-1"] * THREADS] * 2
        assert len(provider.requests) == 1
    assert kept(database) == {"access_token": "access-1", "refresh_token": "refresh-1"}


def test_a_killed_process_holds_nobody_up_for_long(database: Database, tmp_path: Path) -> None:
    """A process is killed during the call; when its lease has ended, another one refreshes."""
    called, go = threading.Event(), tmp_path / "go"
    go.touch()

    def first_hangs(connection: socket.socket, request: bytes) -> bool:
        if not called.is_set():
            called.set()
            time.sleep(SOON)
        return ANSWER(connection, request)

    with serving(first_hangs) as provider:
        with started(database, provider, go, threads=1) as killed:
            assert called.wait(SOON)
            killed.kill()
        with started(database, provider, go, threads=2) as process:
            assert tokens_of(process) == ["access-1"] * 2
        assert len(provider.requests) == 2
    assert kept(database) == {"access_token": "access-1", "refresh_token": "refresh-1"}
