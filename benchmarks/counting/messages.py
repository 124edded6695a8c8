"""What a client of PostgreSQL asks for, read from what it sends (the manual's Frontend/Backend Protocol)."""

import struct
from collections.abc import Iterator

_SSL_REQUEST, _GSS_REQUEST = 80877103, 80877104
REFUSED = b"N"
"""The answer to a client that asks for encryption: it goes on in clear, or gives up."""


class Greeting:
    """The first bytes of a connection, which carry no type."""

    def __init__(self) -> None:
        self._received = b""

    def feed(self, data: bytes) -> tuple[bytes, bytes | None]:
        """Take bytes in; give what the client is to be told, and what goes on to the server once it is known."""
        self._received += data
        told = b""
        while len(self._received) >= 8:
            length, code = struct.unpack("!II", self._received[:8])
            if code not in {_SSL_REQUEST, _GSS_REQUEST}:
                return told, self._received if len(self._received) >= length else None
            self._received = self._received[length:]
            told += REFUSED
        return told, None


class Statements:
    """Reads the messages that follow the greeting.

    A Query is one statement. Parse, Bind and Execute are one together, when it is executed.
    """

    def __init__(self) -> None:
        self._received = b""
        self._parsed: dict[bytes, bytes] = {}
        self._bound: dict[bytes, bytes] = {}

    def feed(self, data: bytes) -> list[str]:
        """Take bytes in; give the statements that they complete, "" for an empty one."""
        self._received += data
        return [text.decode("utf-8", "replace") for kind, body in self._messages() for text in self._read(kind, body)]

    def _messages(self) -> Iterator[tuple[bytes, bytes]]:
        while len(self._received) >= 5:
            (length,) = struct.unpack("!I", self._received[1:5])
            if len(self._received) < length + 1:
                return
            kind, body = self._received[:1], self._received[5 : length + 1]
            self._received = self._received[length + 1 :]
            yield kind, body

    def _read(self, kind: bytes, body: bytes) -> Iterator[bytes]:
        first, _, rest = body.partition(b"\0")
        if kind == b"Q":
            yield first
        elif kind == b"P":
            self._parsed[first] = rest.partition(b"\0")[0]
        elif kind == b"B":
            self._bound[first] = self._parsed.get(rest.partition(b"\0")[0], b"?")
        elif kind == b"E":
            yield self._bound.get(first, b"?")
