"""A provider that redirects at each of its calls in turn (docs/threats.md, row 21): nobody follows."""

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
NONSENSE = (502, "provider_bad_response")
KEYS_CANNOT_BE_HAD = (503, "provider_unavailable")


class Canary(socketserver.ThreadingTCPServer):
    """A host inside, which counts whoever connects, whatever they say."""

    daemon_threads = True
    visits = 0

    def process_request(self, request: object, client_address: object) -> None:
        """Count."""
        self.visits += 1
        self.close_request(request)  # type: ignore[arg-type]  # it is a socket here


@dataclass
class Detour:
    """What stands between the service and the sandbox: it passes everything on, but redirects at one path."""

    url: str = ""
    redirects_at: str = ""
    status: int = 302
    paths: list[str] = field(default_factory=list)
    """Where calls went, each path once."""


@dataclass(frozen=True)
class Scene:
    """The service behind the detour."""

    service: Service
    detour: Detour
    canary: Canary

    def sign_up(self, prefix: str, fields: dict[str, str]) -> tuple[int, str]:
        """Sign up, and give what a program looks at."""
        return code_of(Api(self.service.url, prefix).sign_up(fields))


@pytest.fixture(scope="module")
def scene(sandbox: Sandbox, database: Database) -> Iterator[Scene]:
    """The service with a detour to all providers."""
    with ExitStack() as stack:
        canary = stack.enter_context(Canary(("127.0.0.1", 0), BaseHTTPRequestHandler))
        stack.enter_context(serving(canary))
        detour = stack.enter_context(detour_to(sandbox.url, f"http://127.0.0.1:{canary.server_address[1]}/"))
        hosts = sandbox.environment["PROVIDER_HOSTS"].replace(sandbox.url, detour.url)
        more = {
            "PROVIDER_HOSTS": hosts,
            "SOCIAL_PROVIDERS": sandbox.environment["SOCIAL_PROVIDERS"] + ",apple-id",
        }
        running = running_service(sandbox, database_url=database.url, **{**ROOMY, **more})
        yield Scene(stack.enter_context(running), detour, canary)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_no_call_follows_a_redirect(
    scene: Scene, sandbox: Sandbox, database: Database, provider: str, note: Note
) -> None:
    """The check, the profile, the exchange: each redirects in turn while the others are honest."""
    scene.detour.redirects_at, scene.detour.paths[:] = "", []
    statuses = cycle(STATUSES)
    assert scene.sign_up(next(iter(settings.APIS.values())), sandbox.token(provider, "ash")) == (201, "")
    paths, before = list(scene.detour.paths), database.counts()
    assert paths
    for path in paths:
        for prefix in settings.APIS.values():
            scene.detour.redirects_at, scene.detour.status = path, next(statuses)
            assert scene.sign_up(prefix, sandbox.token(provider, "ash")) == NONSENSE, path
    assert database.counts() == before
    assert scene.canary.visits == 0
    note("redirected calls", paths)


def test_no_key_is_fetched_from_elsewhere(scene: Scene, sandbox: Sandbox, database: Database, note: Note) -> None:
    """Whoever serves the keys decides who gets in: those of a redirect are none."""
    before = database.counts()
    scene.detour.redirects_at, scene.detour.paths[:] = "/", []
    for prefix in settings.APIS.values():
        assert scene.sign_up(prefix, sandbox.id_token("apple-id", "ash")) == KEYS_CANNOT_BE_HAD
    assert scene.detour.paths
    assert database.counts() == before
    assert scene.canary.visits == 0
    note("redirected calls", scene.detour.paths)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    target: str
    elsewhere: str
    detour: Detour


class _Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def _pass_on(self) -> None:
        detour, path = self.server.detour, self.path.partition("?")[0]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))) or None
        if path not in detour.paths:
            detour.paths.append(path)
        if detour.redirects_at and path.startswith(detour.redirects_at):
            self._answer(detour.status, {"Location": self.server.elsewhere}, b"")
            return
        headers = {name: value for name, value in self.headers.items() if name not in {"Host", "Connection"}}
        request = urllib.request.Request(self.server.target + self.path, body, headers, method=self.command)  # noqa: S310 - the sandbox
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - the sandbox
            self._answer(answer.status, {"Content-Type": answer.headers["Content-Type"]}, answer.read())

    do_GET = do_POST = _pass_on  # noqa: N815 - names of http.server

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object, **__: object) -> None:
        """Say nothing."""


@contextmanager
def detour_to(target: str, elsewhere: str) -> Iterator[Detour]:
    """Serve a detour on a free port."""
    with _Server(("127.0.0.1", 0), _Passing) as server:
        server.target, server.elsewhere = target, elsewhere
        server.detour = Detour(f"http://127.0.0.1:{server.server_address[1]}")
        with serving(server):
            yield server.detour


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[None]:
    """Serve in a thread."""
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    yield
    server.shutdown()
    thread.join()
