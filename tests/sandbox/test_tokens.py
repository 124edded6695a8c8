import string

import pytest

from sandbox.providers import PROVIDERS
from tests.sandbox import calls
from tests.sandbox.calls import Grant
from tests.sandbox.conftest import serving

BEARING = [provider.name for provider in PROVIDERS if provider.gives_access_token]


def test_outlive_the_sandbox(grant: Grant) -> None:
    """A token is good at a sandbox that has not issued it."""
    granted = grant("twitter")

    with serving() as restarted:
        assert calls.twitter(restarted, granted).status_code == 200


@pytest.mark.parametrize("provider", BEARING)
def test_are_short_and_plain(grant: Grant, provider: str) -> None:
    """Every client can carry them, and no two are the same."""
    tokens = [grant(provider, "unverified-email")["access_token"] for _ in range(2)]

    assert len(set(tokens)) == 2
    for token in tokens:
        assert len(token) < 400
        assert set(token) <= set(string.ascii_letters + string.digits + "-_")


@pytest.mark.parametrize("provider", ["discord", "gitlab"])
def test_cannot_be_made_up(sandbox: str, grant: Grant, provider: str) -> None:
    """A token of another provider, one that was tampered with, and noise are all unknown."""
    token = grant(provider)["access_token"]
    tampered = token[:-8] + token[-8:].swapcase()

    for bad in (grant("github")["access_token"], tampered, token[:20], "", "=", "ü", "x" * 4000):
        answer = calls.PROFILE[provider](sandbox, {"access_token": bad.encode("utf-8").decode("latin-1")})
        assert answer.status_code == 401
