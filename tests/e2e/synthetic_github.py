"""A GitHub on this machine with any user a test names: the token contains the id and the login."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

CLIENT_ID = "synthetic-client"
ENVIRONMENT = {
    "SANDBOX": "1",
    "SOCIAL_PROVIDERS": "github",
    "SOCIAL_AUTH_GITHUB_KEY": CLIENT_ID,
    "SOCIAL_AUTH_GITHUB_SECRET": "synthetic-secret",
}


def fields(number: int, login: str) -> dict[str, Any]:
    """Return the fields of a sign-up of the user with this id and this login."""
    return {"provider": "github", "access_token": f"{number}:{login}"}


@dataclass
class SyntheticGitHub:
    """The running server."""

    environment: dict[str, str]
    """The environment of a service that uses it."""
    before: Callable[[], object]
    """Called before each answer, in the thread of the answer."""
    checked_ids: list[int] = field(default_factory=list)
    """The user id of each call."""


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True
    github: SyntheticGitHub

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print the traceback, except if the service was killed during its call."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Check(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        sent = self.rfile.read(length)
        if len(sent) < length:  # the service was killed
            self.close_connection = True
            return
        token = json.loads(sent)["access_token"]
        number, _, login = token.partition(":")
        self.server.github.checked_ids.append(int(number))
        self.server.github.before()
        body = json.dumps({"app": {"client_id": CLIENT_ID}, "user": {"id": int(number), "login": login}}).encode()
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    def log_message(self, *_: object, **__: object) -> None:
        """Suppress the log of http.server."""


@contextmanager
def synthetic_github(before: Callable[[], object] = lambda: None) -> Iterator[SyntheticGitHub]:
    """Run it."""
    with _Server(("127.0.0.1", 0), _Check) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        hosts = {"https://api.github.com": f"http://127.0.0.1:{server.server_address[1]}"}
        server.github = SyntheticGitHub({**ENVIRONMENT, "PROVIDER_HOSTS": json.dumps(hosts)}, before)
        yield server.github
        server.shutdown()
        thread.join()
