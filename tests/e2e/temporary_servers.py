"""Temporary PostgreSQL and Redis servers, which a test may stop, kill and restart."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from tests.e2e.databases import Database, migrate
from tests.e2e.servers import free_port

STARTED_WITHIN = 180
_POSTGRES_USER = "postgres"
_INITDB = ("-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")


@dataclass
class Server:
    """A server process on one port of this machine, which stays the same when it restarts."""

    command: Sequence[str]
    folder: Path
    port: int
    ends_by: signal.Signals
    options: dict[str, Any] = field(default_factory=dict)
    """Arguments of `subprocess.Popen`: the user that it runs as."""
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it and wait until it listens; try again while the port is in use."""
        until = time.monotonic() + STARTED_WITHIN
        while True:
            with (self.folder / "log").open("ab") as log:
                self.process = subprocess.Popen(  # noqa: S603 - found by us, with arguments of ours
                    self.command,
                    cwd=self.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    **self.options,
                )
            while self.process.poll() is None:
                if _listens(self.port):
                    return
                assert time.monotonic() < until, "it does not listen"
                time.sleep(0.05)
            assert time.monotonic() < until, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.5)

    def stop(self, number: signal.Signals | None = None) -> None:
        """Send a signal, by default the one for an orderly shutdown, and wait until the process has ended."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(self.ends_by if number is None else number)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


@dataclass
class TemporaryPostgres(Server):
    """A PostgreSQL server with one database."""

    @property
    def database(self) -> Database:
        """Return the database that a service uses."""
        return Database("postgres", f"postgres://{_POSTGRES_USER}@127.0.0.1:{self.port}/postgres")

    def start(self) -> None:
        """Start it and wait until it accepts connections: it listens before its recovery has ended."""
        super().start()
        until = time.monotonic() + STARTED_WITHIN
        while True:
            try:
                psycopg.connect(self.database.url, connect_timeout=5).close()
            except psycopg.OperationalError:
                assert time.monotonic() < until
                time.sleep(0.05)
            else:
                return


@dataclass
class TemporaryRedis(Server):
    """A Redis server without persistence."""

    @property
    def url(self) -> str:
        """Return its URL."""
        return f"redis://127.0.0.1:{self.port}/0"

    def keys(self) -> int:
        """Return the number of its keys."""
        with redis.Redis.from_url(self.url) as client:
            found: int = client.dbsize()
            return found


@contextmanager
def temporary_postgres() -> Iterator[TemporaryPostgres]:
    """Run a migrated PostgreSQL; skip the test if its programs are not installed.

    PostgreSQL does not run as root; a test that runs as root starts it as the user `postgres`.
    """
    programs = _postgres_programs()
    identity = unprivileged()
    with tempfile.TemporaryDirectory(prefix="tandem-postgres-") as name:
        folder, port = Path(name), free_port()
        if identity:
            os.chown(folder, identity["user"], identity["group"])
        subprocess.run(  # noqa: S603 - found by us, with arguments of ours
            [str(programs / "initdb"), "-D", str(folder / "data"), "-U", _POSTGRES_USER, *_INITDB],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=True,
            timeout=STARTED_WITHIN,
            **identity,
        )
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
        command = [str(programs / "postgres"), "-D", str(folder / "data"), "-p", str(port)]
        command += [part for item in settings.items() for part in ("-c", "=".join(item))]
        server = TemporaryPostgres(command, folder, port, signal.SIGINT, identity)
        try:
            server.start()
            migrate(server.database)
            yield server
        finally:
            server.stop(signal.SIGQUIT)


@contextmanager
def temporary_redis() -> Iterator[TemporaryRedis]:
    """Run an empty Redis; skip the test if it is not installed."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("needs redis-server")
    with tempfile.TemporaryDirectory(prefix="tandem-redis-") as name:
        port = free_port()
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        server = TemporaryRedis(command, Path(name), port, signal.SIGTERM)
        try:
            server.start()
            yield server
        finally:
            server.stop(signal.SIGKILL)


def _postgres_programs() -> Path:
    """Return the folder of PostgreSQL's programs, which Debian does not put on the PATH."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if config := shutil.which("pg_config"):
        printed = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=True)  # noqa: S603 - as above
        folders.insert(0, Path(printed.stdout.strip()))
    if initdb := shutil.which("initdb"):
        folders.append(Path(initdb).parent)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    pytest.skip("needs PostgreSQL's server programs (initdb, postgres)")


def unprivileged() -> dict[str, Any]:
    """Return the arguments of `subprocess` to run a server as another user than root, or skip the test."""
    if os.geteuid() != 0:
        return {}
    try:
        user = pwd.getpwnam(_POSTGRES_USER)
    except KeyError:
        pytest.skip(f"needs a user {_POSTGRES_USER}, because its servers do not run as root")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
