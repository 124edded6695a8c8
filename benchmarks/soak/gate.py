"""A TCP relay on this machine that can be shut or stalled, so that a server seems to be away to some clients only."""

import asyncio
import threading
from types import TracebackType
from typing import Self

_CHUNK = 65536


class Gate:
    """Forwards connections from a port of this machine to a server while it is open."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        """Take the address of the server; connections are accepted when the block begins."""
        self._target = host, port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._writers: set[asyncio.StreamWriter] = set()
        self._is_open = True
        self._flows = asyncio.Event()
        self._flows.set()
        self.port = 0

    def shut(self) -> None:
        """Reset all connections, and each new one until `open` is called."""
        asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result()

    def stall(self) -> None:
        """Forward nothing until `open` is called; connections stay open, and new ones are accepted."""
        self._loop.call_soon_threadsafe(self._flows.clear)

    def open(self) -> None:
        """Forward everything again."""
        self._is_open = True
        self._loop.call_soon_threadsafe(self._flows.set)

    def __enter__(self) -> Self:
        """Start to accept connections."""
        self._thread.start()
        listening = asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(listening, self._loop).result()
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all connections."""
        self._loop.call_soon_threadsafe(self._server.close)
        self.shut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _shut(self) -> None:
        self._is_open = False
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # The port stays bound while the gate is shut: another process of the machine could get it otherwise.
        if not self._is_open:
            writer.transport.abort()
            return
        self._writers.add(writer)
        server: asyncio.StreamWriter | None = None
        try:
            incoming, server = await asyncio.open_connection(*self._target)
            self._writers.add(server)
            await asyncio.gather(self._copy(reader, server), self._copy(incoming, writer))
        except OSError:
            pass  # the client or the server has closed the connection
        finally:
            for one in (writer, server):
                if one is not None:
                    self._writers.discard(one)
                    one.transport.abort()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(_CHUNK):
            await self._flows.wait()
            writer.write(data)
            await writer.drain()
        # The other direction ends too: neither PostgreSQL, Redis nor HTTP uses half-closed connections.
        writer.close()
