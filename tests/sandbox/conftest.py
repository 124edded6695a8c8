from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest
import requests

from sandbox.server import SandboxServer
from tests.sandbox.calls import Grant


@contextmanager
def serving() -> Iterator[str]:
    """Run a sandbox in this process and yield its URL."""
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
    """Return a function that gets the tokens of a persona for our application."""
    with requests.Session() as script:

        def ask(provider: str, persona: str = "ripley", nonce: str | None = None) -> dict[str, str]:
            body = {"persona": persona} if nonce is None else {"persona": persona, "nonce": nonce}
            answer = script.post(f"{sandbox}/{provider}/token", json=body, timeout=10)
            assert answer.status_code == 200
            granted: dict[str, str] = answer.json()
            return granted

        yield ask
