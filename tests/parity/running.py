"""Run the command as an operator does, and a server that echoes and keeps each request."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from json import dumps, loads
from threading import Thread
from typing import Any

from django.core.management import CommandError, call_command

from shared.contract.declarations import registry

GONE = 0
"""The status of an answer that does not come."""


@dataclass(frozen=True)
class Ended:
    """The result of a run of the command."""

    code: int
    out: str
    err: str = ""

    @property
    def json(self) -> Any:
        """The parsed output of --json."""
        return loads(self.out)


VERSIONS = ("--old", "api/v1", "--new", "/api/v2/")


def check_parity(*arguments: object, versions: tuple[str, ...] = VERSIONS) -> Ended:
    """Run the command in this process, for these versions even if one of them is not mounted here."""
    out = io.StringIO()
    try:
        call_command("check_parity", *versions, *map(str, arguments), stdout=out)
    except CommandError as error:
        return Ended(error.returncode, out.getvalue(), str(error))
    except SystemExit as ended:
        return Ended(int(ended.code or 0), out.getvalue())
    return Ended(0, out.getvalue())


@dataclass
class Listener:
    """A server with two versions that answer OPTIONS as the contract does, and others with the request itself."""

    url: str
    received: list[bytes] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    """Statuses of the next answers; 200 after the last."""
    status_of_options: int = 204


@contextmanager
def listening() -> Iterator[Listener]:
    """Listen on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.command != "OPTIONS":
                head = "".join(f"{name}: {value}\n" for name, value in self.headers.items())
                listener.received.append(f"{self.requestline}\n{head}\n".encode("latin-1") + body)
            self._answer(body)

        def _answer(self, body: bytes) -> None:
            endpoint = registry.endpoint_at(self.path[len("/api/v1/") :])
            if self.command == "OPTIONS" and endpoint is not None:
                self.send_response_only(listener.status_of_options)
                self.send_header("Allow", endpoint.allow)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            status = listener.statuses.pop(0) if listener.statuses else 200
            if status == GONE:
                self.close_connection = True
                return
            code = {429: "throttled", 410: "version_retired"}.get(status, "")
            echo: dict[str, Any] = {"code": code, "echo": f"{self.path} {body!r}"}
            content = dumps(echo).encode()
            self.send_response_only(status)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Retry-After", "7")
            for name, value in self.headers.items():
                if name != "Content-Length":
                    self.send_header(f"X-Echo-{name}", value)
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    listener = Listener(f"http://127.0.0.1:{server.server_address[1]}")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
