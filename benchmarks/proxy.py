"""A TCP proxy for PostgreSQL that records every statement (the manual's Frontend/Backend Protocol)."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit

from psycopg.conninfo import conninfo_to_dict

_SSL_REQUEST, _GSS_REQUEST = 80877103, 80877104
NOT_ENCRYPTED = b"N"
"""The answer to a client that asks for encryption: it continues in plain text or closes the connection."""
_CHUNK = 65536


class StartupReader:
    """Reads the first messages of a connection, which have no type."""

    def __init__(self) -> None:
        self._received = b""

    def feed(self, data: bytes) -> tuple[bytes, bytes | None]:
        """Take bytes in; return what to answer the client, and the startup message for the server once complete."""
        self._received += data
        answer = b""
        while len(self._received) >= 8:
            length, code = struct.unpack("!II", self._received[:8])
            if code not in {_SSL_REQUEST, _GSS_REQUEST}:
                return answer, self._received if len(self._received) >= length else None
            self._received = self._received[length:]
            answer += NOT_ENCRYPTED
        return answer, None


class StatementReader:
    """Reads the messages after the startup.

    A Query is one statement. Parse, Bind and Execute are one together, which counts at each Execute.
    """

    def __init__(self) -> None:
        self._received = b""
        self._parsed: dict[bytes, bytes] = {}
        self._bound: dict[bytes, bytes] = {}

    def feed(self, data: bytes) -> list[str]:
        """Take bytes in; return the statements that they complete, "" for an empty one."""
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


class StatementProxy:
    """Forwards connections from a port of this machine to PostgreSQL while its block runs.

    A statement is recorded before it is forwarded: when a client has the answer, the statement is in `statements`.
    BEGIN and COMMIT are statements; an empty one, by which a pool checks a connection, is "".
    """

    def __init__(self, url: str) -> None:
        """Take the URL of the server's database; connections are accepted when the block begins."""
        parameters = conninfo_to_dict(url)
        self._host, self._port = str(parameters.get("host") or "127.0.0.1"), int(parameters.get("port") or 5432)
        self._url = url
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._statements: list[str] = []
        self._connections = 0

    @property
    def url(self) -> str:
        """The URL of the same database through the proxy."""
        parts = urlsplit(self._url)
        user = parts.netloc.rpartition("@")[0]
        return urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{self._listener.getsockname()[1]}"))

    @property
    def statements(self) -> list[str]:
        """The statements since `reset`, in order."""
        with self._lock:
            return list(self._statements)

    @property
    def connections(self) -> int:
        """The number of connections opened since `reset`."""
        with self._lock:
            return self._connections

    def reset(self) -> None:
        """Clear the records; connections stay open."""
        with self._lock:
            self._statements.clear()
            self._connections = 0

    def __enter__(self) -> Self:
        """Start to accept connections."""
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all connections."""
        # close() alone would not wake the thread in accept().
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            still_open = list(self._sockets)
        for one in still_open:
            _close(one)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        server = None
        with self._lock:
            self._sockets.add(client)
            self._connections += 1
        try:
            startup = _read_startup(client)
            if startup is None:
                return
            server = self._connect()
            with self._lock:
                self._sockets.add(server)
            server.sendall(startup)
            threading.Thread(target=_copy, args=(server, client), daemon=True).start()
            self._forward(client, server)
        except OSError:
            pass  # the client or the server has closed the connection
        finally:
            for one in (client, server):
                if one is not None:
                    _close(one)
                    with self._lock:
                        self._sockets.discard(one)

    def _connect(self) -> socket.socket:
        if self._host.startswith("/"):
            local = socket.socket(socket.AF_UNIX)
            local.connect(f"{self._host}/.s.PGSQL.{self._port}")
            return local
        server = socket.create_connection((self._host, self._port))
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return server

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        reader = StatementReader()
        while data := client.recv(_CHUNK):
            if found := reader.feed(data):
                with self._lock:
                    self._statements += found
            server.sendall(data)


def _read_startup(client: socket.socket) -> bytes | None:
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    reader = StartupReader()
    while data := client.recv(_CHUNK):
        answer, startup = reader.feed(data)
        client.sendall(answer)
        if startup is not None:
            return startup
    return None


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(_CHUNK):
            target.sendall(data)
    _close(target)


def _close(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
