"""One connection of a caller: requests in, answers out, in turn."""

import asyncio
import re
from functools import lru_cache
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from benchmarks.provider.answers import answer, reply
from benchmarks.provider.counts import Behaviour, Counts

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
