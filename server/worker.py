"""gunicorn's threaded worker, which loses no request when it goes and waits for nobody when it closes a connection."""

# mypy: disable-error-code="misc"
# gunicorn has no types: every class of its is Any.

import errno
import select
import time
from concurrent.futures import Future
from contextlib import suppress
from functools import cache, partial
from typing import Any

from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]  # the package has no types
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]  # the package has no types

from server.lingering_close import Farewells
from server.server_log import wordless
from server.unread import leaves_much_unread

_MOMENT = 5
"""Milliseconds that a thread waits for the next request of the client that it has just answered."""
_LITTLE = 8
"""Connections with a thread each, waiting ones included; with more of them threads get into each other's way."""
_NO_ROOM = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_PAUSE = 0.05
"""Seconds until it is tried again to accept where there was no room: the poller would ask for it without a pause."""
_REMIND = 60
"""Seconds until the log says again that there is none."""


class Worker(ThreadWorker):
    """gunicorn's threaded worker."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Begin in the master, before the fork."""
        super().__init__(*args, **kwargs)
        self._farewells = Farewells(self)
        self._remind_at = 0.0

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer a request; say so in the answer if the connection cannot be used for another one."""
        closes = req.should_close
        # gunicorn asks once for the answer's headers, and after the answer again: what it has said then has to hold.
        req.should_close = cache(lambda: closes() or not self.alive or leaves_much_unread(req.body))
        try:
            return super().handle_request(req, conn)
        finally:
            # Without itself in it, the request and what it holds are gone at once.
            req.should_close = partial(bool, req.should_close())

    def handle(self, conn: Any) -> Any:
        """Answer on a connection, and while there is little else to do stay with it for a moment.

        Whoever calls without a pause is answered by the same thread then; through the main thread and its poller, each
        request costs two more changes of threads.
        """
        kept = super().handle(conn)
        while kept is True and self.alive and self._has_little_to_do() and _has_come(conn, _MOMENT):
            kept = super().handle(conn)
        return kept

    def _has_little_to_do(self) -> bool:
        with_a_thread = self.nr_conns - len(self.keepalived_conns) - len(self.pending_conns)
        return bool(with_a_thread <= min(_LITTLE, self.cfg.threads // 2))

    def set_accept_enabled(self, enabled: bool) -> None:
        """Accept or not; who is already in the queue of a stopping worker is accepted still."""
        super().set_accept_enabled(enabled)
        if self.alive or enabled:
            return
        # gunicorn's listeners have no socket once they are closed.
        for listener in (listener for listener in self.sockets if listener.sock):
            # Not for ever, where others come as fast as they are accepted; nor where there is no room for them.
            with suppress(OSError):
                for _ in range(self.cfg.backlog):
                    before = self.nr_conns
                    self.accept(listener)
                    if before == self.nr_conns:
                        break
            # From here on the kernel refuses, where nobody else listens, and does not gather what nobody accepts.
            listener.close()

    def accept(self, listener: Any) -> None:
        """Accept a connection, or leave it in the queue while there is no room: gunicorn's worker would die of it."""
        try:
            super().accept(listener)
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            self._wait_for_room(error)

    def _wait_for_room(self, error: OSError) -> None:
        now = time.monotonic()
        if now >= self._remind_at:
            self._remind_at = now + _REMIND
            self.log.error("Connections have to wait: %s", error.strerror)
        time.sleep(_PAUSE)

    def finish_request(self, conn: Any, fs: "Future[Any]") -> None:
        """Keep the connection of a request that has ended, or let it go; gunicorn would wait here for the client."""
        if fs.cancelled() or fs.exception() is not None or not fs.result():
            self._farewells.say(conn)
        else:
            super().finish_request(conn, fs)

    def murder_keepalived(self, force: bool = False) -> None:
        """Close the connections that nobody has used for long, but for those on which a request has just come in."""
        now = time.monotonic()
        late = [] if force else [conn for conn in self.keepalived_conns if conn.timeout <= now]
        for conn in late:
            if _has_come(conn, 0):
                self.on_client_socket_readable(conn, conn.sock)
        super().murder_keepalived(force)

    def murder_pending(self) -> None:
        """Close the connections that have said nothing for long, and those that have been let go."""
        super().murder_pending()
        self._farewells.end()

    def _cap_keepalive(self, deadline: float) -> None:
        """Let a stop wait no longer for connections that have said nothing yet than for kept ones."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer and log as gunicorn does, by the kind of the fault alone: it would repeat what a client has sent."""
        # Without the request: its line would be logged, query included.
        super().handle_error(None, client, addr, wordless(exc) if isinstance(exc, ParseException) else exc)


def _has_come(conn: Any, within: int) -> bool:
    """Say whether something has come that is not answered yet, or the end, within so many milliseconds."""
    if conn.parser.unreader.buf.getvalue():
        return True
    look = select.poll()
    look.register(conn.sock, select.POLLIN)
    return bool(look.poll(within))
