from collections.abc import Iterator

import pytest
import requests

from tests.sandbox.calls import Grant
from tests.sandbox.serving import serving


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
