"""Fixtures: a client team, calls of its client, and the documented receiver of webhooks."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import pytest
from django.test import override_settings

from rollout.client_health.keys import renew_key, renew_webhook_secret
from rollout.models import ClientTeam, DailyCalls
from tests.rollout.conftest import UNDECIDED
from tests.social.conftest import Where, migrated

__all__ = ["Where", "migrated"]

PAGE = Path(__file__).resolve().parents[3] / "docs" / "client-health.md"
NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
SANDBOX = override_settings(SANDBOX=True)
"""Webhooks may go to this machine."""


@pytest.fixture(autouse=True)
def _no_dates() -> Iterator[None]:
    with UNDECIDED:
        yield


class Team(NamedTuple):
    """A saved team, with what was shown once."""

    row: ClientTeam
    key: str
    secret: str

    @property
    def authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


def a_team(name: str = "ShopApp", **more: Any) -> Team:
    row = ClientTeam(name=name, **more)
    key, secret = renew_key(row), renew_webhook_secret(row)
    row.save()
    return Team(row, key, secret)


def record(
    day: date, version: str, calls: int, *, client: str = "ShopApp/2.1", resource: str = "user", outcome: str = "ok"
) -> None:
    """Store calls of a day."""
    DailyCalls.objects.create(day=day, version=version, client=client, resource=resource, outcome=outcome, calls=calls)


def ago(days: int, now: datetime = NOW) -> date:
    return now.date() - timedelta(days=days)


def documented_receiver() -> Callable[[str, dict[str, str], bytes], Any]:
    """Return `read_notice` of docs/client-health.md."""
    (code,) = re.findall(r"^```python\n# receiver\.py\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    module: dict[str, Any] = {}
    exec(compile(code, f"<{PAGE.name}>", "exec"), module)  # noqa: S102 - our own page
    found: Callable[[str, dict[str, str], bytes], Any] = module["read_notice"]
    return found


class Received(NamedTuple):
    """A request that the receiver got; the names of its headers are in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """A real HTTP server on this machine that receives webhooks.

    Attributes:
        answers: The statuses of the next answers; 204 when there are none left.
        before: It is called before each answer.
    """

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answers: list[int] = []
        self.before: Callable[[], None] = lambda: None
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.received.append(Received(self.path, headers, body))
                receiver.before()
                self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
                self.send_header("Location", f"{receiver.url}elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"


@contextmanager
def running(receiver: Receiver) -> Iterator[Receiver]:
    thread = Thread(target=receiver.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        receiver.server.server_close()
        thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with SANDBOX, running(Receiver()) as found:
        yield found
