"""A terminal in a checkout of its own, for the commands of the page."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import requests

from legacy_api.tests.migration.manual import MOMENT, moved

READY_WITHIN = 180
SERVE = "make serve"
_SERVES = re.compile(rf"{SERVE}'?$")
_SANDBOX = "python -m sandbox serve"


class Terminal:
    """A bash session that keeps its variables and folder, and the server and the sandbox that it has started."""

    def __init__(self, folder: Path, environment: Mapping[str, str], *, port: int) -> None:
        self.folder, self.port = folder, port
        self.server: subprocess.Popen[bytes] | None = None
        self._sandbox: subprocess.Popen[bytes] | None = None
        self._is_paused = False
        self._log = folder.parent / "server.log"
        self._variables = folder.parent / "variables"
        self._environment = dict(environment)

    def run(self, command: str) -> tuple[int, str]:
        """Run a command; return its status and its output on both streams."""
        if _SERVES.search(command):
            self.serve(command)
            return 0, ""
        if command.startswith(_SANDBOX):
            self._sandbox = self._begin(command)
            return 0, ""
        if "localhost:" in command:
            self.resume()
        # The exported variables are saved for the next command, as in one terminal.
        script = f"{command}\nstatus=$?\nexport -p >'{self._variables}'\nexit $status"
        ended = subprocess.run(  # noqa: S603 - the commands of our own page
            ["/bin/bash", "-c", self._prologue() + script],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=READY_WITHIN,
            check=False,
        )
        # curl prints HTTP headers with CRLF; the page has LF.
        return ended.returncode, ended.stdout.decode().replace("\r\n", "\n")

    def serve(self, command: str = SERVE) -> None:
        """Start or restart the server with the current variables, and wait until it answers."""
        self.stop()
        self._is_paused = False
        # A command that begins with an empty environment would listen on the port of the page.
        self.server = self._begin(command.replace("env -i ", f"env -i PORT={self.port} "))
        until = time.monotonic() + READY_WITHIN
        while not self._answers():
            assert self.server.poll() is None, self.log()
            assert time.monotonic() < until, self.log()
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop the server with SIGTERM, so that it finishes the requests in progress."""
        if self.server is None:
            return
        self.server.send_signal(signal.SIGTERM)
        assert self.server.wait(READY_WITHIN) in {0, -signal.SIGTERM}, self.log()
        self.server = None

    def close(self) -> None:
        """Stop the server and the sandbox."""
        self.stop()
        if self._sandbox is not None:
            self._sandbox.terminate()
            self._sandbox.wait(READY_WITHIN)

    def age(self, by: timedelta) -> None:
        """Move the times in the saved variables."""
        if self._variables.exists():
            text = self._variables.read_text(encoding="utf-8")
            self._variables.write_text(MOMENT.sub(lambda found: moved(found[0], by), text), encoding="utf-8")

    def pause(self) -> None:
        """Stop the server, if it runs, until a command or the test needs it."""
        self._is_paused = self._is_paused or self.server is not None
        self.stop()

    def resume(self) -> None:
        """Start the server again, with the current variables, if it is paused."""
        if self._is_paused:
            self.serve()

    def log(self) -> str:
        """Return the log of the servers."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def _begin(self, command: str) -> "subprocess.Popen[bytes]":
        with self._log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own
                ["/bin/bash", "-c", f"{self._prologue()}exec env {command}"],
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _prologue(self) -> str:
        return f". '{self._variables}'\n" if self._variables.exists() else ""

    def _answers(self) -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/readyz", timeout=5).status_code == 200
        except requests.RequestException:
            return False


def checkout(source: Path, target: Path) -> None:
    """Copy the tracked and new files of the project, and link its virtual environment."""
    listed = subprocess.run(
        ["git", "ls-files", "-coz", "--exclude-standard"],  # noqa: S607 - as scripts/sever does
        cwd=source,
        stdout=subprocess.PIPE,
        check=False,
    )
    names = [os.fsdecode(name) for name in listed.stdout.split(b"\0") if name]
    if listed.returncode != 0:  # scripts/sever runs the tests in a copy without git
        names = list(_below(source, source))
    for name in names:
        if (source / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes((source / name).read_bytes())
            (target / name).chmod((source / name).stat().st_mode)
            # make compares the lock files' times with the environment's.
            os.utime(target / name, (0, (source / name).stat().st_mtime))
    (target / ".venv").symlink_to(source / ".venv")


def _below(folder: Path, source: Path) -> Iterator[str]:
    for path in folder.iterdir():
        if path.is_file():
            yield str(path.relative_to(source))
        elif path.name != "__pycache__" and not (folder == source and path.name.startswith(".")):
            yield from _below(path, source)
