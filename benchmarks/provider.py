"""A stand-in for Facebook on this machine: fast, over http and TLS, with counts, latency and outages on request.

`python -m benchmarks.provider FOLDER` serves until it gets SIGTERM. It writes its certificates to the folder and its
addresses to standard output, one line of JSON.
"""

import asyncio
import json
import re
import signal
import ssl
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from benchmarks.certificates import write_certificates
from benchmarks.processes import await_ready, running

APP_ID = "1234567890"
"""The id of everybody's application at the provider."""
_HOST = "127.0.0.1"
_CONTROL = "/-/"
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_VERSION = re.compile(r"/v[0-9.]+(?=/)")
_TOKEN = re.compile(r"token-([0-9]{1,18})")


@dataclass(frozen=True)
class Provider:
    """A running provider."""

    http: str
    tls: str
    bundle: str
    """Path of the certificates that verify it."""
    control: HTTPConnection

    def origin(self, scheme: str) -> str:
        """Return its origin for `http` or `tls`."""
        return {"http": self.http, "tls": self.tls}[scheme]

    def counts(self) -> dict[str, int]:
        """Return the number of calls, connections and TLS handshakes since `reset`."""
        return self._call("GET", "counts")

    def reset(self) -> None:
        """Set the counts to zero."""
        self._call("POST", "reset")

    @contextmanager
    def latency(self, milliseconds: float) -> Iterator[None]:
        """Delay each response while the block runs."""
        self._call("POST", f"latency?ms={milliseconds}")
        try:
            yield
        finally:
            self._call("POST", "latency?ms=0")

    def hang(self, *, on: bool) -> None:
        """Stop to respond; or respond again, also to the calls that came in meanwhile."""
        self._call("POST", f"hang?on={int(on)}")

    def _call(self, method: str, what: str) -> dict[str, int]:
        self.control.request(method, _CONTROL + what)
        response = self.control.getresponse()
        body: dict[str, int] = json.loads(response.read())
        if response.status != 200:
            raise ValueError(f"{what}: {body}")
        return body


@contextmanager
def running_provider() -> Iterator[Provider]:
    """Run a provider on free ports, as a process of its own, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="tandem-provider-") as folder:
        log = Path(folder, "log")
        with running([sys.executable, "-m", "benchmarks.provider", folder], {}, log) as process:
            await_ready(process, log, lambda: log.read_bytes().endswith(b"\n"))
            addresses = json.loads(log.read_text(encoding="utf-8").splitlines()[0])
            control = HTTPConnection(_HOST, urlsplit(addresses["http"]).port, timeout=30)
            try:
                yield Provider(control=control, **addresses)
            finally:
                control.close()


@dataclass(slots=True)
class _State:
    """The counts of all connections, and how calls are answered at the moment."""

    calls: int = 0
    connections: int = 0
    handshakes: int = 0
    latency: float = 0.0
    """Seconds."""
    hangs: bool = False
    unanswered: list[Callable[[], None]] = field(default_factory=list)
    """Sends the responses that were held back while it hung."""

    def counts(self) -> dict[str, int]:
        return {"calls": self.calls, "connections": self.connections, "handshakes": self.handshakes}

    def control(self, method: str, what: str, query: dict[str, str]) -> int:
        """Carry out a control request and return the status of its response."""
        match method, what:
            case "GET", "counts":
                pass
            case "POST", "reset":
                self.calls = self.connections = self.handshakes = 0
            case "POST", "latency":
                self.latency = float(query["ms"]) / 1000
            case "POST", "hang":
                self.hangs = query["on"] == "1"
                if not self.hangs:
                    held_back, self.unanswered = self.unanswered, []
                    for respond in held_back:
                        respond()
            case _:
                return 404
        return 200


class _Connection(asyncio.Protocol):
    """A client's connection. It counts when it is accepted; its first control request takes it out of the counts."""

    def __init__(self, state: _State) -> None:
        self._state = state
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._is_counted = True
        self._handshakes = 0
        state.connections += 1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the TLS handshake, which is complete by now."""
        self._transport = cast(asyncio.Transport, transport)
        if transport.get_extra_info("sslcontext") is not None:
            self._handshakes = 1
            self._state.handshakes += 1

    def data_received(self, data: bytes) -> None:
        """Answer each complete request."""
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end]
            found = _LENGTH.search(head)
            length = end + 4 + (int(found[1]) if found else 0)
            if len(self._received) < length:
                return
            self._received = self._received[length:]
            method, target, _ = head.partition(b"\r\n")[0].decode("latin-1").split(" ", 2)
            if target.startswith(_CONTROL):
                self._control(method, target)
            else:
                self._respond(_response_to(target))

    def _respond(self, response: bytes) -> None:
        state = self._state
        state.calls += 1
        if state.hangs:
            state.unanswered.append(lambda: self._write(response))
        elif state.latency:
            asyncio.get_running_loop().call_later(state.latency, self._write, response)
        else:
            self._write(response)

    def _control(self, method: str, target: str) -> None:
        if self._is_counted:
            self._is_counted = False
            self._state.connections -= 1
            self._state.handshakes -= self._handshakes
        path, query = _parse(target)
        status = self._state.control(method, path.removeprefix(_CONTROL), query)
        self._write(_http(status, self._state.counts()))

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)


@lru_cache(maxsize=65536)
def _response_to(target: str) -> bytes:
    """Return the response of Facebook's Graph API to a GET; `token-<n>` is the token of user n."""
    path, query = _parse(target)
    path = _VERSION.sub("", path, count=1).rstrip("/")
    if path == "/oauth/access_token":
        # An application's own token, with which it calls debug_token.
        return _http(200, {"access_token": f"{APP_ID}|application", "token_type": "bearer"})
    if path not in {"/me", "/debug_token"}:
        return _http(404, {"error": {"message": "Unknown path components", "type": "OAuthException", "code": 2500}})
    token = _TOKEN.fullmatch(query.get("access_token" if path == "/me" else "input_token", ""))
    if token is None:
        return _http(400, {"error": {"message": "Invalid OAuth access token.", "type": "OAuthException", "code": 190}})
    number = token[1]
    if path == "/me":
        # No two users have a name in common: a library would need further statements to find a free username.
        profile = {
            "id": number,
            "name": f"Person{number} Example",
            "first_name": f"Person{number}",
            "last_name": "Example",
            "email": f"person-{number}@example.com",
        }
        return _http(200, profile)
    checked = {
        "app_id": APP_ID,
        "type": "USER",
        "application": "Benchmark",
        "expires_at": 0,
        "is_valid": True,
        "scopes": ["email", "public_profile"],
        "user_id": number,
    }
    return _http(200, {"data": checked})


def _parse(target: str) -> tuple[str, dict[str, str]]:
    parts = urlsplit(target)
    return parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()}


def _http(status: int, body: dict[str, Any]) -> bytes:
    payload = json.dumps(body, separators=(",", ":")).encode()
    kind = "Content-Type: application/json; charset=UTF-8"
    return f"HTTP/1.1 {status} -\r\n{kind}\r\nContent-Length: {len(payload)}\r\n\r\n".encode("ascii") + payload


async def _serve(folder: Path) -> None:
    certificate, bundle = write_certificates(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    state, loop, stopped = _State(), asyncio.get_running_loop(), asyncio.Event()
    plain = await loop.create_server(lambda: _Connection(state), _HOST, 0, backlog=1024)
    secure = await loop.create_server(lambda: _Connection(state), _HOST, 0, backlog=1024, ssl=context)
    addresses = {
        "http": f"http://{_HOST}:{plain.sockets[0].getsockname()[1]}",
        "tls": f"https://{_HOST}:{secure.sockets[0].getsockname()[1]}",
        "bundle": str(bundle),
    }
    sys.stdout.write(json.dumps(addresses) + "\n")
    sys.stdout.flush()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    await stopped.wait()
    plain.close()
    secure.close()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
