"""The HTTP server on the loopback interface."""

import re
import socketserver
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket

from sandbox.messages import Connection, Reply, Request
from sandbox.views import Site

HOST = "127.0.0.1"

_LARGEST_BODY = 64 * 1024
_LOOPBACK = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?", re.IGNORECASE)
"""The Host of a request to this machine. A page can have its own domain resolve to 127.0.0.1 (DNS rebinding); the
browser then sends that domain."""


class SandboxServer(ThreadingHTTPServer):
    """A server that listens as soon as it is created and answers while `serve_forever` runs."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, port: int, *, verbose: bool = False) -> None:
        """Listen.

        Args:
            port: The port; 0 chooses a free one.
            verbose: Print a line for each request on standard error.

        Raises:
            OSError: The port is taken or not allowed.
        """
        self.site = Site()
        self.closing = threading.Event()
        self.verbose = verbose
        super().__init__((HOST, port), _Handler)

    @property
    def url(self) -> str:
        """Return its URL."""
        return f"http://{HOST}:{self.server_address[1]}"

    def server_bind(self) -> None:
        """Bind without the name lookup that `HTTPServer` does."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, int(self.server_address[1])

    def server_close(self) -> None:
        """Stop listening and end the answers that hang."""
        self.closing.set()
        super().server_close()

    def handle_error(self, request: socket | tuple[bytes, socket], client_address: object) -> None:
        """Print the traceback, except if the client has closed the connection early."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: SandboxServer

    def _respond(self) -> None:
        reply = self._receive()
        answer = self.server.site.answer(reply) if isinstance(reply, Request) else reply
        if isinstance(answer, Reply):
            self._log(answer.status)
            self.wfile.write(answer.head + (b"" if self.command == "HEAD" else answer.body))
        else:
            self._log("raw")
            self.close_connection = True
            answer(Connection(self.connection, self.server.closing))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _respond  # noqa: N815  # names of http.server

    def _receive(self) -> Request | Reply:
        if not _LOOPBACK.fullmatch(self.headers.get("Host", "")):
            self.close_connection = True
            return Reply(HTTPStatus.MISDIRECTED_REQUEST, headers={"Connection": "close"})
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            self.close_connection = True
            return Reply(411, headers={"Connection": "close"})
        if int(length) > _LARGEST_BODY:
            self.close_connection = True
            return Reply(413, headers={"Connection": "close"})
        path, _, query = self.path.partition("?")
        return Request(self.command, path, query, self.headers, self.rfile.read(int(length)), self.server.url)

    def _log(self, outcome: object) -> None:
        if self.server.verbose:
            # Without the query string, which contains tokens.
            print(self.command, self.path.partition("?")[0], outcome, file=sys.stderr)

    def log_message(self, *_: object, **__: object) -> None:
        """Suppress the log of http.server."""
