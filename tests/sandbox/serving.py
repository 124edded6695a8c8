from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from sandbox.server import SandboxServer


@contextmanager
def serving() -> Iterator[str]:
    """A sandbox of one's own, and where it is."""
    with SandboxServer(0) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.url
        finally:
            server.shutdown()
            thread.join()
