"""What comes in and what goes out: a request as a provider sees it, and its reply."""

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

_SLICE = 0.05


@dataclass(frozen=True, slots=True)
class Request:
    """One call, with `path` and `raw_query` as they were sent."""

    method: str
    path: str
    raw_query: str
    headers: Message
    body: bytes
    server: str

    @property
    def query(self) -> dict[str, str]:
        """The query parameters; the last of a name wins."""
        return dict(parse_qsl(self.raw_query, keep_blank_values=True))

    def credential(self, *schemes: str) -> str | None:
        """What follows one of these schemes in the `Authorization` header."""
        scheme, _, credential = (self.headers.get("Authorization") or "").partition(" ")
        return credential.strip() if scheme.lower() in schemes else None

    def json_object(self) -> dict[str, object]:
        """The body as a JSON object; an empty one when it is anything else."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer, ready to be written."""

    status: int = 200
    body: bytes = b""
    media_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def head(self) -> bytes:
        """Status line and headers, the empty line included."""
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
    """One open connection; `closing` is set when the sandbox stops."""

    def __init__(self, channel: socket.socket, closing: threading.Event) -> None:
        self._channel = channel
        self._closing = closing

    def send(self, data: bytes) -> None:
        """Write everything.

        Raises:
            OSError: The client has left.
        """
        self._channel.sendall(data)

    def pause(self, seconds: float) -> bool:
        """Wait; false as soon as the client has left or the sandbox stops."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._closing.wait(min(left, _SLICE)) or self._client_left():
                return False
        return True

    def reset(self) -> None:
        """Cut the connection with a reset instead of an orderly end."""
        self._channel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # The server would shut the socket down first, and that sends an orderly end.
        os.close(self._channel.detach())

    def _client_left(self) -> bool:
        try:
            return not self._channel.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True


Script: TypeAlias = Callable[[Connection], None]
"""An answer that is played on the bare connection, which is closed afterwards."""

Answer: TypeAlias = Reply | Script


def json_reply(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """Answer with a JSON value."""
    return Reply(status, json.dumps(value, ensure_ascii=False).encode(), headers=headers or {})


def page(html: str, status: int = 200) -> Reply:
    """Answer with a page for a person."""
    return Reply(status, html.encode(), media_type="text/html; charset=utf-8")
