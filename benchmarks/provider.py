"""A provider on this machine that costs next to nothing: Facebook's answers, as late as asked for."""

import argparse
import asyncio
import json
import re
import signal
import ssl
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from benchmarks import certificates
from benchmarks.processes import await_ready, running


@dataclass(slots=True)
class Counts:
    """Calls are answered or hanging; connections are those of callers, not of whoever reads this."""

    calls: int = 0
    connections: int = 0
    handshakes: int = 0

    def taken(self) -> dict[str, int]:
        """Give them as a JSON object."""
        return asdict(self)

    def reset(self) -> None:
        """Forget."""
        self.calls = self.connections = self.handshakes = 0


@dataclass(slots=True)
class Behaviour:
    """How the provider answers for now."""

    app_id: str
    latency: float = 0.0
    """Seconds before each answer."""
    hangs: bool = False
    """It takes calls and does not answer."""
    unanswered: list[Callable[[], None]] = field(default_factory=list)
    """What it owes those whom it has left hanging."""

    def hang(self, *, on: bool) -> None:
        """Leave callers hanging from now on, or no more: then those who still wait get their answers."""
        self.hangs = on
        if not on:
            owed, self.unanswered = self.unanswered, []
            for pay in owed:
                pay()


_VERSION = re.compile(r"/v[0-9.]+(?=/)")
_PERSON = re.compile(r"token-([0-9]{1,18})")


def person(number: int) -> dict[str, Any]:
    """Give the profile of a person; no two have a name in common, which would cost the one that needs another."""
    return {
        "id": str(number),
        "name": f"Person{number} Example",
        "first_name": f"Person{number}",
        "last_name": "Example",
        "email": f"person-{number}@example.com",
    }


def answer(target: str, app_id: str) -> tuple[int, dict[str, Any]]:
    """Give the status and the JSON of a GET.

    :param target: a request's path and query.
    """
    parts = urlsplit(target)
    path = _VERSION.sub("", parts.path, count=1).rstrip("/")
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if path == "/me":
        number = _number(query.get("access_token", ""))
        return _refusal() if number is None else (200, person(number))
    if path == "/debug_token":
        number = _number(query.get("input_token", ""))
        return _refusal() if number is None else (200, _checked(number, app_id))
    if path == "/oauth/access_token":
        token = query.get("fb_exchange_token", f"{app_id}|application")
        return 200, {"access_token": token, "token_type": "bearer", "expires_in": 5_184_000}
    return 404, {"error": {"message": "Unknown path components", "type": "OAuthException", "code": 2500}}


def _checked(number: int, app_id: str) -> dict[str, Any]:
    return {
        "data": {
            "app_id": app_id,
            "type": "USER",
            "application": "Benchmark",
            "expires_at": 0,
            "is_valid": True,
            "scopes": ["email", "public_profile"],
            "user_id": str(number),
        }
    }


def _refusal() -> tuple[int, dict[str, Any]]:
    return 400, {"error": {"message": "Invalid OAuth access token.", "type": "OAuthException", "code": 190}}


def _number(token: str) -> int | None:
    found = _PERSON.fullmatch(token)
    return int(found[1]) if found else None


def reply(status: int, body: dict[str, Any]) -> bytes:
    """Give the bytes of an HTTP answer on a connection that is kept."""
    payload = json.dumps(body, separators=(",", ":")).encode()
    kind = "Content-Type: application/json; charset=UTF-8"
    return f"HTTP/1.1 {status} -\r\n{kind}\r\nContent-Length: {len(payload)}\r\n\r\n".encode("ascii") + payload


_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
CONTROL = "/-/"


class Connection(asyncio.Protocol):
    """Counts itself as soon as it is accepted; whoever comes to read the counts is taken out of them again."""

    def __init__(self, counts: Counts, behaviour: Behaviour) -> None:
        self._counts = counts
        self._behaviour = behaviour
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._is_caller = True
        self._handshakes = 0
        counts.connections += 1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Over TLS the handshake is over by now."""
        self._transport = cast(asyncio.Transport, transport)
        if transport.get_extra_info("sslcontext") is not None:
            self._counts.handshakes += 1
            self._handshakes = 1

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole."""
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end]
            found = _LENGTH.search(head)
            whole = end + 4 + (int(found[1]) if found else 0)
            if len(self._received) < whole:
                return
            self._received = self._received[whole:]
            method, target, _ = head.partition(b"\r\n")[0].decode("latin-1").split(" ", 2)
            self._answer(method, target)

    def _answer(self, method: str, target: str) -> None:
        if target.startswith(CONTROL):
            self._control(method, target)
            return
        self._counts.calls += 1
        answered = _answered(target, self._behaviour.app_id)
        if self._behaviour.hangs:
            self._behaviour.unanswered.append(lambda: self._write(answered))
        elif self._behaviour.latency:
            asyncio.get_running_loop().call_later(self._behaviour.latency, self._write, answered)
        else:
            self._write(answered)

    def _control(self, method: str, target: str) -> None:
        if self._is_caller:
            self._is_caller = False
            self._counts.connections -= 1
            self._counts.handshakes -= self._handshakes
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        status, body = self._controlled(method, parts.path.removeprefix(CONTROL), query)
        self._write(reply(status, body))

    def _controlled(self, method: str, what: str, query: dict[str, str]) -> tuple[int, dict[str, Any]]:
        match method, what:
            case "GET", "counts":
                pass
            case "POST", "reset":
                self._counts.reset()
            case "POST", "latency":
                self._behaviour.latency = float(query["ms"]) / 1000
            case "POST", "hang":
                self._behaviour.hang(on=query["on"] == "1")
            case _:
                return 404, {"error": "GET /-/counts, POST /-/reset, /-/latency?ms=50, /-/hang?on=1"}
        return 200, self._counts.taken()

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)


@lru_cache(maxsize=65536)
def _answered(target: str, app_id: str) -> bytes:
    return reply(*answer(target, app_id))


HOST = "127.0.0.1"


async def serve(http_port: int, tls_port: int, folder: Path, behaviour: Behaviour) -> None:
    """Listen on both ports, with one set of counts."""
    certificates.make(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / certificates.SERVER)
    counts, loop = Counts(), asyncio.get_running_loop()

    def connection() -> Connection:
        return Connection(counts, behaviour)

    plain = await loop.create_server(connection, HOST, http_port, backlog=1024)
    secure = await loop.create_server(connection, HOST, tls_port, backlog=1024, ssl=context)
    where = {
        "http": f"http://{HOST}:{plain.sockets[0].getsockname()[1]}",
        "tls": f"https://{HOST}:{secure.sockets[0].getsockname()[1]}",
        "authority": str(folder / certificates.AUTHORITY),
        "bundle": str(folder / certificates.BUNDLE),
    }
    sys.stdout.write(json.dumps(where) + "\n")
    sys.stdout.flush()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    await ended.wait()
    plain.close()
    secure.close()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.provider", description=__doc__)
    parser.add_argument("--http-port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--tls-port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--latency", type=float, default=0, metavar="MS", help="milliseconds before each answer")
    parser.add_argument("--app-id", default="1234567890", help="the application that debug_token names")
    parser.add_argument("--certificates", type=Path, metavar="FOLDER", help="where to write them; a temporary folder")
    told = parser.parse_args()
    behaviour = Behaviour(told.app_id, told.latency / 1000)
    with tempfile.TemporaryDirectory(prefix="tandem-provider-") as made:
        asyncio.run(serve(told.http_port, told.tls_port, told.certificates or Path(made), behaviour))


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


if __name__ == "__main__":
    main()
