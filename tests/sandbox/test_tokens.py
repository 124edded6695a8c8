import string

import pytest

from sandbox.providers import PROVIDERS
from sandbox.seals import Spent
from tests.sandbox import calls
from tests.sandbox.calls import Grant

ISSUE_ACCESS_TOKENS = [provider.name for provider in PROVIDERS if provider.issues_access_token]


@pytest.mark.parametrize("provider", ISSUE_ACCESS_TOKENS)
def test_tokens_are_short_and_in_base64url(grant: Grant, provider: str) -> None:
    """They have less than 400 characters, and no two are the same."""
    tokens = [grant(provider, "unverified-email")["access_token"] for _ in range(2)]

    assert len(set(tokens)) == 2
    for token in tokens:
        assert len(token) < 400
        assert set(token) <= set(string.ascii_letters + string.digits + "-_")


@pytest.mark.parametrize("provider", ["discord", "gitlab"])
def test_forged_tokens_are_refused(sandbox: str, grant: Grant, provider: str) -> None:
    """Another provider's token, a changed one, and arbitrary text are refused with 401."""
    token = grant(provider)["access_token"]
    tampered = token[:-8] + token[-8:].swapcase()

    for bad in (grant("github")["access_token"], tampered, token[:20], "", "=", "ü", "x" * 4000):
        answer = calls.PROFILE[provider](sandbox, {"access_token": bad.encode("utf-8").decode("latin-1")})
        assert answer.status_code == 401


def test_the_newest_spent_texts_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory of a long-running sandbox is bounded."""
    monkeypatch.setattr(Spent, "LIMIT", 2)
    spent = Spent()

    assert [spent.spend(text) for text in ("a", "b", "a", "c")] == [True, True, False, True]
    assert ["a" in spent, "b" in spent, "c" in spent] == [False, True, True]
