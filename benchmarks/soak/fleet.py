"""Two servers behind nginx, each with two processes; they can be restarted, upgraded and disturbed."""

import io
import json
import secrets
import signal
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE, Popen, run

import requests

from benchmarks.processes import ROOT, ProcessError, await_ready, children, free_port, run_command, running

SIZE = 2
PROCESSES = 2
"""Of each server."""
_END_TIMEOUT = 60


@dataclass
class Member:
    """One of the servers."""

    name: str
    environment: dict[str, str]
    folder: Path
    """For log files."""
    code: Path
    """The checkout that it runs."""
    port: int = field(default_factory=free_port)
    logs: list[Path] = field(default_factory=list)
    _process: "Popen[bytes] | None" = None
    _running: ExitStack = field(default_factory=ExitStack)

    @property
    def master(self) -> int | None:
        """The id of gunicorn's master; None while the server is stopped."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def workers(self) -> list[int]:
        """The ids of the processes that answer."""
        return children(self.master) if self.master else []

    def start(self) -> None:
        """Start the server and wait until it is ready."""
        log = self.folder / f"{self.name.replace(' ', '-')}-{len(self.logs)}.log"
        self.logs.append(log)
        command = [sys.executable, "-m", "server"]
        environment = {**self.environment, "PORT": str(self.port)}
        self._process = self._running.enter_context(running(command, environment, log, folder=self.code))
        await_ready(self._process, log, self.is_ready)

    def stop(self) -> None:
        """Stop the server as a deployment does.

        :raises ProcessError: it does not end with 0.
        """
        if self._process is None:
            return
        process, self._process = self._process, None
        process.send_signal(signal.SIGTERM)
        status = process.wait(_END_TIMEOUT)
        with suppress(ProcessError):  # that it has ended
            self._running.close()
        if status != 0:
            raise ProcessError(f"{self.name} has ended with {status}")

    def signal_master(self, number: signal.Signals) -> None:
        """Send a signal to gunicorn's master."""
        if self._process is not None:
            self._process.send_signal(number)

    def is_ready(self) -> bool:
        """Return True if /readyz of this server answers 200."""
        return self.fetch("/readyz")[0] == 200

    def fetch(self, path: str, timeout: float = 10) -> tuple[int, str]:
        """Return the status and the body of a path of this server, called without the proxy; 0 without an answer."""
        headers = {"Authorization": f"Bearer {self.environment['METRICS_TOKEN']}"}
        with requests.Session() as session:
            session.trust_env = False
            try:
                answer = session.get(f"http://127.0.0.1:{self.port}{path}", headers=headers, timeout=timeout)
            except requests.RequestException:
                return 0, ""
        return answer.status_code, answer.text


@contextmanager
def running_members(
    environment: Mapping[str, str], folder: Path, code: Path, limits: Sequence[int]
) -> Iterator[list[Member]]:
    """Run the servers until the block ends.

    :param limits: MAX_REQUESTS of each.
    """
    members = [
        Member(f"server {number}", {**environment, "MAX_REQUESTS": str(limit)}, folder, code)
        for number, limit in enumerate(limits, 1)
    ]
    with ExitStack() as stack:
        for member in members:
            stack.callback(member.stop)
            member.start()
        yield members


@contextmanager
def running_sandbox(folder: Path) -> Iterator[int]:
    """Run the sandbox's providers until the block ends; yield their port."""
    log = folder / "sandbox.log"
    with running([sys.executable, "-u", "-m", "sandbox", "serve", "--port", "0"], {}, log) as process:
        await_ready(process, log, lambda: log.read_bytes().endswith(b"\n"))
        yield int(log.read_text(encoding="utf-8").strip().rpartition(":")[2])


def environment(database_url: str, redis_port: int, provider_port: int) -> dict[str, str]:
    """Return the settings of docs/operators.md for production, with the sandbox's providers."""
    printed = run_command([sys.executable, "-m", "sandbox", "environment", "--port", str(provider_port)], {})
    return {
        **json.loads(printed),
        # A sandbox trusts no proxy; this one stands for production.
        "DJANGO_SETTINGS_MODULE": "tests.proxied_sandbox",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "DATABASE_URL": database_url,
        "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
        "WEB_CONCURRENCY": str(PROCESSES),
        "TRUSTED_PROXIES": "1",
        "METRICS_TOKEN": secrets.token_urlsafe(24),
        "THROTTLE_ANONYMOUS": "30/min",
        "V1_DEPRECATED_AT": "2026-01-01T00:00:00Z",
    }


def prefixes(settings: Mapping[str, str]) -> list[str]:
    """Return the prefixes of the mounted versions, oldest first."""
    return run_command(
        [sys.executable, "-c", "from django.conf import settings; print(*settings.APIS.values())"], settings
    ).split()


def migrate(code: Path, settings: Mapping[str, str]) -> None:
    """Apply the migrations of a checkout."""
    command = [sys.executable, "manage.py", "migrate", "--verbosity=0", "--no-input"]
    done = run(command, cwd=code, env=dict(settings), capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode != 0:
        raise ProcessError(f"migrate fails with {done.returncode}:\n{done.stderr[-4000:]}")


def former_release(revision: str, folder: Path) -> tuple[str, Path]:
    """Extract a revision of the project into a folder; return its short id and the folder.

    :param revision: empty for the last commit before the newest migration.
    :raises ProcessError: git does not know it.
    """
    if not revision:
        newest = run_command(["git", "log", "-1", "--format=%H", "--diff-filter=A", "--", "*/migrations/0*.py"], {})
        revision = f"{newest.strip()}^"
    name = run_command(
        ["git", "rev-parse", "--short", "--verify", "--end-of-options", f"{revision}^{{commit}}"], {}
    ).strip()
    packed = run(["git", "archive", name], cwd=ROOT, stdout=PIPE, check=True)  # noqa: S603, S607 - a verified id
    target = folder / f"release-{name}"
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(target, filter="data")
    return name, target
