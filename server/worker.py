"""gunicorn's threaded worker and log, with the changes of docs/decisions/0013-the-server.md."""

# mypy: disable-error-code="misc"
# gunicorn has no types: each of its classes is Any.

import errno
import select
import signal
import time
from concurrent.futures import Future
from contextlib import suppress
from functools import cache, partial
from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]  # the package has no types
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]  # the package has no types
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]  # the package has no types

from config import environment
from config.logs import FORMATTERS
from server.answers import AnswerSocket
from server.arrivals import Arrivals, TimedUnreader
from server.lingering_close import LingeringClose

MAX_DRAINED = 64 * 1024
"""Bytes of an unread request body that gunicorn discards to keep the connection."""
_OUT_OF_RESOURCES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_ACCEPT_PAUSE = 0.05
"""Seconds before the next attempt to accept without a free file descriptor; the poller would not wait."""
_LOG_INTERVAL = 60
"""Seconds between two log lines about that."""


class ServerLog(Logger):
    """gunicorn's log in the format of the application's."""

    def setup(self, cfg: Any) -> None:
        """Set up gunicorn's handlers with our formatter."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(FORMATTERS[environment.log_format()]())


class Worker(ThreadWorker):
    """gunicorn's threaded worker."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Create the worker; runs in the master, before the fork."""
        super().__init__(*args, **kwargs)
        self._arrivals = Arrivals(self)
        self._lingering = LingeringClose(self)
        self._next_log_at = 0.0

    def init_signals(self) -> None:
        """Ignore SIGINT: Ctrl-C sends it to all processes, and the master then stops its workers.

        A second signal would interrupt the worker's last flush of the ledger.
        """
        super().init_signals()
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer a request, with `Connection: close` where the connection cannot serve another one."""
        closes = req.should_close
        # gunicorn asks for the response's headers and again after the response: both must get the same answer.
        req.should_close = cache(lambda: closes() or not self.alive or _has_long_unread_body(req.body))
        conn.sock = answer = AnswerSocket(conn.sock)
        try:
            kept = super().handle_request(req, conn)
            answer.flush()
            return kept
        finally:
            conn.sock = answer.sock
            # Drop the reference cycle, so that the request is freed at once.
            req.should_close = partial(bool, req.should_close())

    def handle(self, conn: Any) -> Any:
        """Answer a request on a connection, with a time limit for what is read of it on this thread."""
        conn.parser.unreader.start()
        return super().handle(conn)

    def enqueue_req(self, conn: Any) -> None:
        """Pass the connection to a thread once a request has arrived; gunicorn's own worker does it at once."""
        if not conn.initialized:
            conn.init()
            conn.parser.unreader = TimedUnreader(conn.sock)
        self._arrivals.add(conn)

    def hand_over(self, conn: Any) -> None:
        """Pass the connection to a thread."""
        super().enqueue_req(conn)

    def refuse(self, conn: Any, error: ParseException) -> None:
        """Answer that a request is too long, without a thread."""
        self.handle_error(None, conn.sock, conn.client, error)
        self._lingering.begin(conn)

    def set_accept_enabled(self, enabled: bool) -> None:
        """Start or stop accepting; a stopping worker first accepts the connections that are in the queue."""
        super().set_accept_enabled(enabled)
        if self.alive or enabled:
            return
        # gunicorn's listeners have no socket once they are closed.
        for listener in (listener for listener in self.sockets if listener.sock):
            # Bounded, since new connections may arrive as fast as they are accepted.
            with suppress(OSError):
                for _ in range(self.cfg.backlog):
                    before = self.nr_conns
                    self.accept(listener)
                    if before == self.nr_conns:
                        break
            # From here on the kernel refuses connections if no other process listens, instead of queueing them.
            listener.close()

    def accept(self, listener: Any) -> None:
        """Accept a connection, or leave it in the queue if the process is out of file descriptors or memory.

        gunicorn's own worker would end with the exception.
        """
        try:
            super().accept(listener)
        except OSError as error:
            if error.errno not in _OUT_OF_RESOURCES:
                raise
            self._pause_accepting(error)

    def _limit_connections(self) -> None:
        """Close connections until the worker can accept another: those that wait longest for a request or their close.

        gunicorn's own worker waits until one of them ends.
        """
        while self.alive and self.nr_conns >= self.worker_connections:
            if not (self._arrivals.close_oldest() or self._lingering.close_oldest()):
                break

    def _pause_accepting(self, error: OSError) -> None:
        now = time.monotonic()
        if now >= self._next_log_at:
            self._next_log_at = now + _LOG_INTERVAL
            self.log.error("Connections have to wait: %s", error.strerror)
        time.sleep(_ACCEPT_PAUSE)

    def finish_request(self, conn: Any, fs: "Future[Any]") -> None:
        """Keep the connection of an ended request, or begin its lingering close.

        gunicorn's own worker would wait for the client here, on the thread that accepts.
        """
        if fs.cancelled() or fs.exception() is not None or not fs.result():
            self._lingering.begin(conn)
        else:
            super().finish_request(conn, fs)

    def murder_keepalived(self, force: bool = False) -> None:
        """Close expired idle connections, except those on which a request has just arrived."""
        now = time.monotonic()
        expired = [] if force else [conn for conn in self.keepalived_conns if conn.timeout <= now]
        for conn in expired:
            if _has_data(conn):
                self.on_client_socket_readable(conn, conn.sock)
        super().murder_keepalived(force)

    def murder_pending(self) -> None:
        """Close connections that wait too long for a request or for their close, or that are too many to accept others.

        gunicorn calls it after the events of a poll. Before, one of them could be that of a connection closed here.
        """
        self._arrivals.close_expired()
        self._lingering.close_expired()
        self._limit_connections()

    def _cap_keepalive(self, deadline: float) -> None:
        """Apply the deadline of a stop to connections that have sent nothing too, not only to idle ones."""
        super()._cap_keepalive(deadline)
        self._arrivals.expire_silent(deadline)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer and log an error as gunicorn does, without what the client has sent."""
        # Without the request: gunicorn would log its request line, with the query string.
        super().handle_error(None, client, addr, without_text(exc) if isinstance(exc, ParseException) else exc)


def without_text(error: ParseException) -> ParseException:
    """Return an error for which gunicorn has the same status and whose text is the name of its class."""
    error_class: Any = type(error)
    textless = _without_text(error_class)
    return textless.__new__(textless)


@cache
def _without_text(error_class: Any) -> Any:
    return type(error_class.__name__, (error_class,), {"__str__": lambda self: error_class.__name__})


def _has_data(conn: Any) -> bool:
    """Return True if the client has sent data or closed the connection."""
    if conn.parser.unreader.buf.getvalue():
        return True
    poller = select.poll()
    poller.register(conn.sock, select.POLLIN)
    return bool(poller.poll(0))


def _has_long_unread_body(body: Any) -> bool:
    """Return True if gunicorn would not discard the rest of the request body to keep the connection."""
    reader = body.reader
    left = getattr(reader, "length", None)
    if left is not None:
        return bool(left >= MAX_DRAINED)
    # The length of a chunked body is unknown until its end, when gunicorn drops its parser.
    return getattr(reader, "parser", None) is not None
