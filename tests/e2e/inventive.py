"""A GitHub on this machine whose people are whoever a test makes up: the token says the id and the name."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
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
    """Give a sign-up by a token of the person with this id and this name."""
    return {"provider": "github", "access_token": f"{number}:{login}"}


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


class _Check(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        token = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["access_token"]
        number, _, login = token.partition(":")
        body = json.dumps({"app": {"client_id": CLIENT_ID}, "user": {"id": int(number), "login": login}}).encode()
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    def log_message(self, *_: object, **__: object) -> None:
        """Say nothing."""


@contextmanager
def inventive_github() -> Iterator[dict[str, str]]:
    """Serve it; give the service's environment that leads to it."""
    with _Server(("127.0.0.1", 0), _Check) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        hosts = {"https://api.github.com": f"http://127.0.0.1:{server.server_address[1]}"}
        yield {**ENVIRONMENT, "PROVIDER_HOSTS": json.dumps(hosts)}
        server.shutdown()
        thread.join()
