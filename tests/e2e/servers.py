"""The sandbox and the service as processes, for tests over real sockets."""

import atexit
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from sandbox.__main__ import environment as environment_of
from sandbox.codes import challenge_of
from sandbox.registrations import APP_REDIRECT_URIS
from tests import SECRET_KEY

ROOT = Path(__file__).resolve().parent.parent.parent
READY_WITHIN = 180
"""Seconds within which a process must answer; it may have to migrate first, on a busy machine."""
ENDED_WITHIN = 90
_reserved: list[socket.socket] = []
_TRIES = 3


@dataclass(frozen=True)
class Process:
    """A process and the file with its output."""

    process: subprocess.Popen[bytes]
    output: Path

    def log(self) -> str:
        """Return what it has written to standard output and standard error."""
        return self.output.read_text(encoding="utf-8", errors="replace")


@dataclass(frozen=True)
class Sandbox(Process):
    """A running sandbox."""

    url: str
    environment: Mapping[str, str]

    def token(self, provider: str, persona: str, **more: Any) -> dict[str, Any]:
        """Return the fields of a sign-up, with an id token only if the provider issues no access token.

        :param more: further fields; a `nonce` among them is put into the id token.
        """
        issued = self.issue(provider, persona, nonce=more.get("nonce"))
        if "access_token" in issued:
            issued.pop("id_token", None)
        return {"provider": provider, **issued, **more}

    def id_token(self, provider: str, persona: str, **more: Any) -> dict[str, Any]:
        """Return the fields of a sign-up with an id token only."""
        issued = self.issue(provider, persona, nonce=more.get("nonce"))
        return {"provider": provider, "id_token": issued["id_token"], **more}

    def code(self, provider: str, persona: str, *, redirect_uri: str = APP_REDIRECT_URIS[0]) -> dict[str, Any]:
        """Return the fields of a sign-up with a code that the app has received for a persona, bound to a verifier."""
        answer = requests.get(f"{self.url}/personas", timeout=30).json()
        (app,) = (one for one in answer["providers"] if one["name"] == provider)
        verifier = secrets.token_urlsafe(48)
        consent = {
            "response_type": "code",
            "client_id": app["authorize_client_id"],
            "redirect_uri": redirect_uri,
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
            "persona": persona,
        }
        redirect = requests.post(f"{self.url}{app['authorize']}", consent, allow_redirects=False, timeout=30)
        assert redirect.status_code == 302, redirect.text
        received = dict(parse_qsl(urlsplit(redirect.headers["Location"]).query))
        return {
            "provider": provider,
            "code": received["code"],
            "code_verifier": verifier,
            "redirect_uri": redirect_uri,
        }

    def issue(self, provider: str, persona: str, *, nonce: str | None = None) -> dict[str, Any]:
        """Return all tokens that the provider issues to our application for a persona."""
        body = {"persona": persona} if nonce is None else {"persona": persona, "nonce": nonce}
        answer = requests.post(f"{self.url}/{provider}/token", json=body, timeout=30)
        assert answer.status_code == 200, answer.text
        issued: dict[str, Any] = answer.json()
        return issued

    def canary_visits(self) -> int:
        """Return the number of requests to the target of the sandbox's redirects."""
        visits: int = requests.get(f"{self.url}/canary/visits", timeout=30).json()["visits"]
        return visits


@dataclass(frozen=True)
class Service(Process):
    """The service, run as in production."""

    url: str

    @property
    def pids(self) -> list[int]:
        """Return the ids of the master and its workers."""
        own = self.process.pid
        children = Path(f"/proc/{own}/task/{own}/children").read_text(encoding="ascii").split()
        return [own, *(int(child) for child in children)]

    @property
    def workers(self) -> list[int]:
        """Return the ids of the current workers."""
        return self.pids[1:]

    @contextmanager
    def alone(self, worker: int) -> Iterator[None]:
        """Pause all workers except one."""
        others = [pid for pid in self.workers if pid != worker]
        for pid in others:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in others:
                os.kill(pid, signal.SIGCONT)

    def kill(self) -> None:
        """Kill a `killable_service` and its workers at once, as a power failure would."""
        assert os.getpgid(self.process.pid) == self.process.pid
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    @property
    def address(self) -> tuple[str, int]:
        """Return the address for a socket."""
        host, _, port = self.url.removeprefix("http://").partition(":")
        return host, int(port)


@contextmanager
def running_sandbox() -> Iterator[Sandbox]:
    """Run the sandbox on a free port."""
    with _running(["-m", "sandbox", "serve", "--port", "0"], _inherited()) as (process, output):
        prefix = "Sandbox providers on "
        _await(process, output, lambda: output.read_text(encoding="utf-8").startswith(prefix))
        url = output.read_text(encoding="utf-8").splitlines()[0].removeprefix(prefix)
        yield Sandbox(process, output, url, environment_of(url))


@contextmanager
def running_service(
    sandbox: Sandbox | None, *, database_url: str | None = None, **environment: str
) -> Iterator[Service]:
    """Run the service on a free port, or on `PORT`, with this environment and the sandbox's only.

    A SQLite database that does not exist is created migrated.

    :param database_url: by default a new SQLite database, which is removed afterwards.
    """
    with _service(sandbox, database_url, environment, killable=False) as service:
        yield service


@contextmanager
def migrating_service(*, database_url: str, **environment: str) -> Iterator[Service]:
    """Run the service with a SQLite database that it creates and migrates itself."""
    with _service(None, database_url, environment, killable=False, migrates=True) as service:
        yield service


@contextmanager
def killable_service(
    sandbox: Sandbox | None, *, database_url: str | None = None, **environment: str
) -> Iterator[Service]:
    """Run the service in a process group of its own, for a test that kills it."""
    with _service(sandbox, database_url, environment, killable=True) as service:
        yield service


@contextmanager
def _service(
    sandbox: Sandbox | None,
    database_url: str | None,
    environment: Mapping[str, str],
    *,
    killable: bool,
    migrates: bool = False,
) -> Iterator[Service]:
    with tempfile.TemporaryDirectory(prefix="tandem-service-") as folder:
        variables = {
            "SECRET_KEY": SECRET_KEY,
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "THROTTLE_ANONYMOUS": "off",
            "THROTTLE_USER": "off",
            "DATABASE_URL": database_url or f"sqlite:///{folder}/db.sqlite3",
            **(sandbox.environment if sandbox else {}),
            **environment,
        }
        if not migrates:
            _begin_migrated(variables["DATABASE_URL"])
        for tried in range(1, _TRIES + 1):
            port = int(environment.get("PORT") or free_port())
            try:
                with _serving(port, variables, killable=killable) as service:
                    yield service
                return
            except PortTakenError:  # by another process, since `free_port`
                if tried == _TRIES:
                    raise


def _begin_migrated(url: str) -> None:
    """Copy a migrated database to a SQLite URL that has none: the service then finds nothing to migrate."""
    scheme, _, name = url.partition(":///")
    if scheme == "sqlite" and not Path(name).exists():
        shutil.copy(_migrated_sqlite(), name)


@cache
def _migrated_sqlite() -> Path:
    """Migrate a SQLite database, once in a test run."""
    folder = tempfile.TemporaryDirectory(prefix="tandem-migrated-")
    atexit.register(folder.cleanup)
    path = Path(folder.name, "db.sqlite3")
    ended = run_to_end("manage", {"SECRET_KEY": SECRET_KEY, "DATABASE_URL": f"sqlite:///{path}"}, "migrate")
    assert ended.returncode == 0, ended.stderr
    return path


@contextmanager
def _serving(port: int, variables: Mapping[str, str], *, killable: bool) -> Iterator[Service]:
    url = f"http://127.0.0.1:{port}"
    environment = {**_inherited(), **variables, "PORT": str(port)}
    with _running(["-m", "server"], environment, killable=killable) as (process, output):
        _await(process, output, lambda: _answers(f"{url}/livez"))
        yield Service(process, output, url)


class PortTakenError(Exception):
    """Another process has taken the port since it was chosen."""


def run_to_end(module: str, environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a module that ends by itself, with this environment only."""
    return subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**_inherited(), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=READY_WITHIN,
        check=False,
    )


def free_port() -> int:
    """Return a free port, reserved until the end of the test run."""
    # The socket stays bound and does not listen. A server that names the port can bind it with SO_REUSEADDR, and the
    # kernel does not choose it for other processes, such as the servers of a test run at the same time.
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    _reserved.append(reserved)
    port: int = reserved.getsockname()[1]
    return port


def _inherited() -> dict[str, str]:
    """Return the variables that every process inherits."""
    kept = {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR"}
    return {name: value for name, value in os.environ.items() if name in kept}


@contextmanager
def _running(
    arguments: list[str], environment: Mapping[str, str], *, killable: bool = False
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    with tempfile.TemporaryDirectory(prefix="tandem-output-") as folder:
        output = Path(folder, "output")
        with output.open("wb") as stream:
            process = subprocess.Popen(  # noqa: S603 - our own
                [sys.executable, *arguments],
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=killable,
            )
        try:
            yield process, output
            died = process.poll() is not None and not killable
        finally:
            _end(process, output)
        assert not died, f"it ended unexpectedly with status {process.returncode}:\n{output.read_text()[-5000:]}"


def _end(process: subprocess.Popen[bytes], output: Path) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(ENDED_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise AssertionError(f"SIGTERM did not end it:\n{output.read_text(encoding='utf-8')}") from None


def _await(process: subprocess.Popen[bytes], output: Path, ready: Callable[[], bool]) -> None:
    until = time.monotonic() + READY_WITHIN
    while not ready():
        written = output.read_text(encoding="utf-8", errors="replace")
        if process.poll() is not None:
            kind = PortTakenError if "is taken" in written else AssertionError
            raise kind(f"it ended with status {process.returncode}:\n{written}")
        if time.monotonic() > until:
            raise AssertionError(f"it is not ready after {READY_WITHIN} s:\n{written}")
        time.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.RequestException:
        return False
