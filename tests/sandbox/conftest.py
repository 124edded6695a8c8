from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest
import requests

from sandbox.server import SandboxServer
from tests.sandbox.calls import Grant


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


@pytest.fixture(scope="session")
def sandbox() -> Iterator[str]:
    with serving() as url:
        yield url


@pytest.fixture(scope="session")
def grant(sandbox: str) -> Iterator[Grant]:
    """What a provider gives when a persona lets our app in."""
    with requests.Session() as script:

        def ask(provider: str, persona: str = "ripley", nonce: str | None = None) -> dict[str, str]:
            asked = {"persona": persona} if nonce is None else {"persona": persona, "nonce": nonce}
            answer = script.post(f"{sandbox}/{provider}/token", json=asked, timeout=10)
            assert answer.status_code == 200
            granted: dict[str, str] = answer.json()
            return granted

        yield ask
