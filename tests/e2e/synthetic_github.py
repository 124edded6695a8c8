"""A stub of GitHub on this machine that accepts every token: the token contains the id and the login."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

CLIENT_ID = "made-up-client"
ENVIRONMENT = {
    "SANDBOX": "1",
    "SOCIAL_PROVIDERS": "github",
    "SOCIAL_AUTH_GITHUB_KEY": CLIENT_ID,
    "SOCIAL_AUTH_GITHUB_SECRET": "made-up-secret",
}


def fields(number: int, login: str) -> dict[str, Any]:
    """Return the fields of a sign-up whose token stands for this id and login."""
    return {"provider": "github", "access_token": f"{number}:{login}"}


@dataclass(frozen=True)
class GitHubStub:
    """The running stub, and the ids it was asked for."""

    environment: dict[str, str]
    """Environment of a service that calls the stub."""
    asked_for: list[int] = field(default_factory=list)
    """One id for each call."""


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True
    asked_for: list[int]
    before: Callable[[], object]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report a bug of ours; that a service is killed while it asks is none."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Check(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        sent = self.rfile.read(length)
        if len(sent) < length:  # a service that was killed while it asked
            self.close_connection = True
            return
        token = json.loads(sent)["access_token"]
        number, _, login = token.partition(":")
        self.server.asked_for.append(int(number))
        self.server.before()
        body = json.dumps({"app": {"client_id": CLIENT_ID}, "user": {"id": int(number), "login": login}}).encode()
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    def log_message(self, *_: object, **__: object) -> None:
        """Log nothing."""


@contextmanager
def github_stub(before: Callable[[], object] = lambda: None) -> Iterator[GitHubStub]:
    """Serve it.

    :param before: what is done before each answer; calls at once do it at once.
    """
    with _Server(("127.0.0.1", 0), _Check) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        hosts = {"https://api.github.com": f"http://127.0.0.1:{server.server_address[1]}"}
        github = GitHubStub({**ENVIRONMENT, "PROVIDER_HOSTS": json.dumps(hosts)})
        server.asked_for, server.before = github.asked_for, before
        yield github
        server.shutdown()
        thread.join()
