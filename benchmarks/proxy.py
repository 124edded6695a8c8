"""A way to PostgreSQL that writes down every statement sent along it."""

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


_AT_A_TIME = 65536


class StatementProxy:
    """Listens on a port of this machine while its block runs. A statement is written down before it is passed on.

    So when a client has its answer, what it has sent is in `statements`: one entry a statement, those that begin and
    end a transaction included, "" for an empty one (a pool's question whether a connection is alive).
    """

    def __init__(self, url: str) -> None:
        """Take the server's URL; nothing listens yet."""
        told = conninfo_to_dict(url)
        self._server_host, self._server_port = str(told.get("host") or "127.0.0.1"), int(told.get("port") or 5432)
        self._url = url
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._statements: list[str] = []
        self._connections = 0

    @property
    def url(self) -> str:
        """The same database, along this way."""
        parts = urlsplit(self._url)
        user = parts.netloc.rpartition("@")[0]
        return urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{self._listener.getsockname()[1]}"))

    @property
    def statements(self) -> list[str]:
        """What was sent since `reset`, in order."""
        with self._lock:
            return list(self._statements)

    @property
    def connections(self) -> int:
        """How many connections were opened since `reset`."""
        with self._lock:
            return self._connections

    def reset(self) -> None:
        """Forget."""
        with self._lock:
            self._statements.clear()
            self._connections = 0

    def __enter__(self) -> Self:
        """Listen."""
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up on everyone."""
        # Closing alone would leave the thread in accept().
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            open_still = list(self._sockets)
        for one in open_still:
            _hang_up(one)

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
            greeting = self._greeted(client)
            if greeting is None:
                return
            server = self._connected()
            with self._lock:
                self._sockets.add(server)
            server.sendall(greeting)
            threading.Thread(target=_copy, args=(server, client), daemon=True).start()
            self._pass_on(client, server)
        except OSError:
            pass  # one of the two is gone
        finally:
            for one in (client, server):
                if one is not None:
                    _hang_up(one)
                    with self._lock:
                        self._sockets.discard(one)

    def _greeted(self, client: socket.socket) -> bytes | None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        greeting = Greeting()
        while data := client.recv(_AT_A_TIME):
            told, passed_on = greeting.feed(data)
            client.sendall(told)
            if passed_on is not None:
                return passed_on
        return None

    def _connected(self) -> socket.socket:
        if self._server_host.startswith("/"):
            local = socket.socket(socket.AF_UNIX)
            local.connect(f"{self._server_host}/.s.PGSQL.{self._server_port}")
            return local
        server = socket.create_connection((self._server_host, self._server_port))
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return server

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        reader = Statements()
        while data := client.recv(_AT_A_TIME):
            if found := reader.feed(data):
                with self._lock:
                    self._statements += found
            server.sendall(data)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(_AT_A_TIME):
            target.sendall(data)
    _hang_up(target)


def _hang_up(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
