"""Redirects of a provider, at each of its calls in turn, are not followed (docs/threats.md, row 21)."""

import socketserver
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from threading import Thread

import pytest
from django.conf import settings

from tests.e2e.client import Api, code_of
from tests.e2e.conftest import ROOMY, Note
from tests.e2e.databases import Database
from tests.e2e.servers import Sandbox, Service, running_service

pytestmark = [pytest.mark.e2e, pytest.mark.threat(21)]

PROVIDERS = ("facebook", "google-oauth2", "github", "instagram", "twitter")
STATUSES = (301, 302, 303, 307, 308)
BAD_RESPONSE = (502, "provider_bad_response")
NO_KEYS = (503, "provider_unavailable")


class Canary(socketserver.ThreadingTCPServer):
    """A server that counts connections and closes them."""

    daemon_threads = True
    visits = 0

    def process_request(self, request: object, client_address: object) -> None:
        """Count the connection and close it."""
        self.visits += 1
        self.close_request(request)  # type: ignore[arg-type]  # it is a socket here


@dataclass
class Redirector:
    """A proxy between the service and the sandbox, which redirects at one path."""

    url: str = ""
    redirects_at: str = ""
    status: int = 302
    paths: list[str] = field(default_factory=list)
    """The paths of the calls, each once."""


@dataclass(frozen=True)
class Setup:
    """The service, the proxy through which it calls providers, and the target of the redirects."""

    service: Service
    redirector: Redirector
    canary: Canary

    def sign_up(self, prefix: str, fields: dict[str, str]) -> tuple[int, str]:
        """Sign up and return status and code."""
        return code_of(Api(self.service.url, prefix).sign_up(fields))


@pytest.fixture(scope="module")
def setup(sandbox: Sandbox, sqlite: Database) -> Iterator[Setup]:
    """The service, which calls all providers through the proxy."""
    with ExitStack() as stack:
        canary = stack.enter_context(Canary(("127.0.0.1", 0), BaseHTTPRequestHandler))
        stack.enter_context(serving(canary))
        redirector = stack.enter_context(
            running_redirector(sandbox.url, f"http://127.0.0.1:{canary.server_address[1]}/")
        )
        hosts = sandbox.environment["PROVIDER_HOSTS"].replace(sandbox.url, redirector.url)
        more = {
            "PROVIDER_HOSTS": hosts,
            "SOCIAL_PROVIDERS": sandbox.environment["SOCIAL_PROVIDERS"] + ",apple-id",
        }
        running = running_service(sandbox, database_url=sqlite.url, **{**ROOMY, **more})
        yield Setup(stack.enter_context(running), redirector, canary)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_no_call_follows_a_redirect(
    setup: Setup, sandbox: Sandbox, sqlite: Database, provider: str, note: Note
) -> None:
    """Check, profile and exchange redirect in turn: the answer is an error and the target gets no connection."""
    setup.redirector.redirects_at, setup.redirector.paths[:] = "", []
    statuses = cycle(STATUSES)
    assert setup.sign_up(next(iter(settings.APIS.values())), sandbox.token(provider, "ash")) == (201, "")
    paths, before = list(setup.redirector.paths), sqlite.counts()
    assert paths
    for path in paths:
        for prefix in settings.APIS.values():
            setup.redirector.redirects_at, setup.redirector.status = path, next(statuses)
            assert setup.sign_up(prefix, sandbox.token(provider, "ash")) == BAD_RESPONSE, path
    assert sqlite.counts() == before
    assert setup.canary.visits == 0
    note("redirected calls", paths)


def test_no_key_is_fetched_after_a_redirect(setup: Setup, sandbox: Sandbox, sqlite: Database, note: Note) -> None:
    """Keys that a redirect leads to are not read, and the id_token is not accepted."""
    before = sqlite.counts()
    setup.redirector.redirects_at, setup.redirector.paths[:] = "/", []
    for prefix in settings.APIS.values():
        assert setup.sign_up(prefix, sandbox.id_token("apple-id", "ash")) == NO_KEYS
    assert setup.redirector.paths
    assert sqlite.counts() == before
    assert setup.canary.visits == 0
    note("redirected calls", setup.redirector.paths)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    target: str
    location: str
    redirector: Redirector


class _Proxy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def _forward(self) -> None:
        redirector, path = self.server.redirector, self.path.partition("?")[0]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))) or None
        if path not in redirector.paths:
            redirector.paths.append(path)
        if redirector.redirects_at and path.startswith(redirector.redirects_at):
            self._answer(redirector.status, {"Location": self.server.location}, b"")
            return
        headers = {name: value for name, value in self.headers.items() if name not in {"Host", "Connection"}}
        request = urllib.request.Request(self.server.target + self.path, body, headers, method=self.command)  # noqa: S310 - the sandbox
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - the sandbox
            self._answer(answer.status, {"Content-Type": answer.headers["Content-Type"]}, answer.read())

    do_GET = do_POST = _forward  # noqa: N815 - names of http.server

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object, **__: object) -> None:
        """Suppress the log of http.server."""


@contextmanager
def running_redirector(target: str, location: str) -> Iterator[Redirector]:
    """Run the proxy on a free port."""
    with _Server(("127.0.0.1", 0), _Proxy) as server:
        server.target, server.location = target, location
        server.redirector = Redirector(f"http://127.0.0.1:{server.server_address[1]}")
        with serving(server):
            yield server.redirector


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[None]:
    """Serve in a thread."""
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    yield
    server.shutdown()
    thread.join()
