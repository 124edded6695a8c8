"""The sandbox and the service as processes of their own, for tests that reach them over real sockets."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parent.parent.parent
READY_WITHIN = 180
"""Seconds until a process must answer; it may have to migrate first, on a machine with much else to do."""
ENDED_WITHIN = 90
_kept_free: list[socket.socket] = []
_TRIES = 3


@dataclass(frozen=True)
class Process:
    """A process of ours, and what it has written so far."""

    process: subprocess.Popen[bytes]
    output: Path

    def log(self) -> str:
        """Give what it has written to standard output and standard error."""
        return self.output.read_text(encoding="utf-8", errors="replace")


@dataclass(frozen=True)
class Sandbox(Process):
    """The providers on this machine."""

    url: str
    environment: Mapping[str, str]

    def token(self, provider: str, persona: str, **more: Any) -> dict[str, Any]:
        """Give the fields of a sign-up: an id token only from a provider that gives nothing else.

        :param more: further fields; a `nonce` among them goes into the id token.
        """
        issued = self.issue(provider, persona, nonce=more.get("nonce"))
        if "access_token" in issued:
            issued.pop("id_token", None)
        return {"provider": provider, **issued, **more}

    def id_token(self, provider: str, persona: str, **more: Any) -> dict[str, Any]:
        """Give the fields of a sign-up by an id token alone."""
        issued = self.issue(provider, persona, nonce=more.get("nonce"))
        return {"provider": provider, "id_token": issued["id_token"], **more}

    def issue(self, provider: str, persona: str, *, nonce: str | None = None) -> dict[str, Any]:
        """Give all that the provider hands out when a persona lets our application in."""
        asked = {"persona": persona} if nonce is None else {"persona": persona, "nonce": nonce}
        answer = requests.post(f"{self.url}/{provider}/token", json=asked, timeout=30)
        assert answer.status_code == 200, answer.text
        issued: dict[str, Any] = answer.json()
        return issued

    def canary_visits(self) -> int:
        """Say how often the place was visited that only a followed redirect leads to."""
        visits: int = requests.get(f"{self.url}/canary/visits", timeout=30).json()["visits"]
        return visits


@dataclass(frozen=True)
class Service(Process):
    """The service as it runs in production."""

    url: str

    @property
    def pids(self) -> list[int]:
        """The process and its workers."""
        own = self.process.pid
        children = Path(f"/proc/{own}/task/{own}/children").read_text(encoding="ascii").split()
        return [own, *(int(child) for child in children)]

    @property
    def workers(self) -> list[int]:
        """The workers that there are at this moment."""
        return self.pids[1:]

    @contextmanager
    def alone(self, worker: int) -> Iterator[None]:
        """Let one worker answer, and the others stand still meanwhile."""
        others = [pid for pid in self.workers if pid != worker]
        for pid in others:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in others:
                os.kill(pid, signal.SIGCONT)

    def kill(self) -> None:
        """End a mortal service and its workers at once, as when the machine loses its power."""
        assert os.getpgid(self.process.pid) == self.process.pid
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    @property
    def address(self) -> tuple[str, int]:
        """Where a bare socket connects."""
        host, _, port = self.url.removeprefix("http://").partition(":")
        return host, int(port)


@contextmanager
def running_sandbox() -> Iterator[Sandbox]:
    """Run the providers on a free port."""
    with _running(["-m", "sandbox", "serve", "--port", "0"], _inherited()) as (process, output):
        prefix = "Sandbox providers on "
        _await(process, output, lambda: output.read_text(encoding="utf-8").startswith(prefix))
        url = output.read_text(encoding="utf-8").splitlines()[0].removeprefix(prefix)
        printed = subprocess.run(  # noqa: S603 - our own
            [sys.executable, "-m", "sandbox", "environment", "--port", url.rpartition(":")[2]],
            cwd=ROOT,
            env=_inherited(),
            stdout=subprocess.PIPE,
            timeout=READY_WITHIN,
            check=True,
        )
        yield Sandbox(process, output, url, json.loads(printed.stdout))


@contextmanager
def running_service(
    sandbox: Sandbox | None, *, database_url: str | None = None, **environment: str
) -> Iterator[Service]:
    """Run the service on a free port, or on `PORT`, with this environment and the sandbox's alone.

    :param database_url: by default a new SQLite database, gone afterwards.
    """
    with _service(sandbox, database_url, environment, may_die=False) as service:
        yield service


@contextmanager
def mortal_service(
    sandbox: Sandbox | None, *, database_url: str | None = None, **environment: str
) -> Iterator[Service]:
    """Run the service in a process group of its own, for a test that kills it."""
    with _service(sandbox, database_url, environment, may_die=True) as service:
        yield service


@contextmanager
def _service(
    sandbox: Sandbox | None, database_url: str | None, environment: Mapping[str, str], *, may_die: bool
) -> Iterator[Service]:
    with tempfile.TemporaryDirectory(prefix="tandem-service-") as folder:
        variables = {
            "SECRET_KEY": "tests-only",
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "THROTTLE_ANONYMOUS": "off",
            "THROTTLE_USER": "off",
            "DATABASE_URL": database_url or f"sqlite:///{folder}/db.sqlite3",
            **(sandbox.environment if sandbox else {}),
            **environment,
        }
        for tried in range(1, _TRIES + 1):
            port = int(environment.get("PORT") or free_port())
            try:
                with _serving(port, variables, may_die=may_die) as service:
                    yield service
                return
            except PortTakenError:  # between our look and its start, by somebody else's test
                if tried == _TRIES:
                    raise


@contextmanager
def _serving(port: int, variables: Mapping[str, str], *, may_die: bool) -> Iterator[Service]:
    url = f"http://127.0.0.1:{port}"
    environment = {**_inherited(), **variables, "PORT": str(port)}
    with _running(["-m", "server"], environment, may_die=may_die) as (process, output):
        _await(process, output, lambda: _answers(f"{url}/livez"))
        yield Service(process, output, url)


class PortTakenError(Exception):
    """The port that was free a moment ago is not any more."""


def run_to_end(module: str, environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a module of ours that is expected to end by itself, with this environment alone."""
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
    """Give a port that nobody listens on, and that the kernel gives to nobody else until the end of the tests."""
    # Bound and silent: whoever names the port may listen on it, as servers do with SO_REUSEADDR, and whoever asks for
    # any port gets another one. Several runs of tests start servers at the same time, and each server takes a second.
    place = socket.socket()
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    place.bind(("0.0.0.0", 0))  # noqa: S104 - the address that the server will bind
    _kept_free.append(place)
    port: int = place.getsockname()[1]
    return port


def _inherited() -> dict[str, str]:
    """What a process needs of ours whatever it is; coverage hands its settings on in the environment."""
    kept = {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR"}
    return {name: value for name, value in os.environ.items() if name in kept or name.startswith("COVERAGE_")}


@contextmanager
def _running(
    arguments: list[str], environment: Mapping[str, str], *, may_die: bool = False
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
                start_new_session=may_die,
            )
        try:
            yield process, output
            died = process.poll() is not None and not may_die
        finally:
            _end(process, output)
        assert not died, f"it ended by itself, with status {process.returncode}:\n{output.read_text()[-5000:]}"


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
