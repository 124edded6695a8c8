"""Requests, replies, and the connection for answers that a reply cannot express."""

import json
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from email.utils import formatdate
from http import HTTPStatus
from typing import TypeAlias
from urllib.parse import parse_qsl

_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Request:
    """A request; `path` and `raw_query` are as they were sent, `server` is the URL of the sandbox."""

    method: str
    path: str
    raw_query: str
    headers: Message
    body: bytes
    server: str

    @property
    def query(self) -> dict[str, str]:
        """Return the query parameters; the last value of a repeated name counts."""
        return dict(parse_qsl(self.raw_query, keep_blank_values=True))

    def credential(self, *schemes: str) -> str | None:
        """Return the credentials in the `Authorization` header if it has one of these schemes, in lower case."""
        scheme, _, credential = (self.headers.get("Authorization") or "").partition(" ")
        return credential.strip() if scheme.lower() in schemes else None

    @property
    def form(self) -> dict[str, str]:
        """Return the fields of a body in `application/x-www-form-urlencoded`; the last value of a name counts."""
        if self.headers.get_content_type() != "application/x-www-form-urlencoded":
            return {}
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def json_object(self) -> dict[str, object]:
        """Return the body as a JSON object, or an empty one if it is anything else."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete answer."""

    status: int = 200
    body: bytes = b""
    media_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def head(self) -> bytes:
        """Return the status line, the headers and the empty line."""
        lines = [
            f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}",
            f"Date: {formatdate(usegmt=True)}",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        if self.status != HTTPStatus.NO_CONTENT:
            lines.append(f"Content-Type: {self.media_type}")
            if "Transfer-Encoding" not in self.headers:
                lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


class Connection:
    """An open connection; the event `closing` is set when the sandbox stops."""

    def __init__(self, channel: socket.socket, closing: threading.Event) -> None:
        self._channel = channel
        self._closing = closing

    def send(self, data: bytes) -> None:
        """Write all bytes.

        Raises:
            OSError: The client has closed the connection.
        """
        self._channel.sendall(data)

    def wait(self, seconds: float) -> bool:
        """Wait; return False at once if the client closes the connection or the sandbox stops."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._closing.wait(min(left, _POLL_SECONDS)) or self._client_is_gone():
                return False
        return True

    def reset(self) -> None:
        """Send a TCP reset."""
        self._channel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # Detached, because the server would call shutdown() first, which sends FIN.
        os.close(self._channel.detach())

    def _client_is_gone(self) -> bool:
        try:
            return not self._channel.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True


RawAnswer: TypeAlias = Callable[[Connection], None]
"""An answer that writes to the connection itself; the connection is closed afterwards."""

Answer: TypeAlias = Reply | RawAnswer


def json_reply(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """Return a reply with a JSON value."""
    return Reply(status, json.dumps(value, ensure_ascii=False).encode(), headers=headers or {})


def page(html: str, status: int = 200) -> Reply:
    """Return a reply with an HTML page."""
    return Reply(status, html.encode(), media_type="text/html; charset=utf-8")
