"""The provider as a process, and the way to its counts."""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.processes import await_ready, running


@dataclass(frozen=True)
class Provider:
    """Where it is, and what it does."""

    pid: int
    http: str
    tls: str
    authority: str
    bundle: str
    control: HTTPConnection

    def origin(self, scheme: str) -> str:
        """Give the address by `http` or `tls`."""
        return {"http": self.http, "tls": self.tls}[scheme]

    def counts(self) -> dict[str, int]:
        """Give what it has seen since `reset`."""
        return self._ask("GET", "counts")

    def reset(self) -> None:
        """Let it forget what it has seen."""
        self._ask("POST", "reset")

    def set_latency(self, milliseconds: float) -> None:
        """Answer so late from now on."""
        self._ask("POST", f"latency?ms={milliseconds}")

    def hang(self, *, on: bool) -> None:
        """Take calls and leave them unanswered, from now on or no more."""
        self._ask("POST", f"hang?on={int(on)}")

    def _ask(self, method: str, what: str) -> dict[str, int]:
        self.control.request(method, f"/-/{what}")
        answer = self.control.getresponse()
        told: dict[str, int] = json.loads(answer.read())
        if answer.status != 200:
            raise ValueError(f"{what}: {told}")
        return told


@contextmanager
def running_provider(app_id: str) -> Iterator[Provider]:
    """Run it on free ports."""
    with tempfile.TemporaryDirectory(prefix="tandem-provider-") as name:
        log = Path(name, "log")
        command = [sys.executable, "-m", "benchmarks.provider", "--app-id", app_id, "--certificates", name]
        with running(command, {}, log) as process:
            await_ready(process, log, lambda: log.read_bytes().endswith(b"\n"))
            where = json.loads(log.read_text(encoding="utf-8").splitlines()[0])
            control = HTTPConnection("127.0.0.1", urlsplit(where["http"]).port, timeout=30)
            try:
                yield Provider(process.pid, control=control, **where)
            finally:
                control.close()
