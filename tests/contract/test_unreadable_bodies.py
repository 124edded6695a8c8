"""docs/contract.md, section 1: a body that ends early or is badly chunked is no JSON object, on any server."""

import pytest

from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient


class BadChunkError(Exception):
    """A server's own exception, unknown to us."""


class TruncatedBody:
    """A body whose end cannot be read."""

    def __init__(self, error: Exception) -> None:
        self._error = error
        self._parts = [b'{"provider": ']

    def read(self, size: int = -1) -> bytes:
        if not self._parts:
            raise self._error
        return self._parts.pop()

    readline = read


@pytest.mark.parametrize(
    "error", [BadChunkError("canary"), OSError("canary"), EOFError("canary"), ValueError()], ids=repr
)
@pytest.mark.parametrize("chunked", [True, False], ids=["chunked", "with a length"])
def test_a_truncated_body_is_invalid_json(api: ApiClient, error: Exception, chunked: bool) -> None:
    """The client or the network is at fault, so the answer is never an internal error."""
    if chunked:
        response = api.post_chunked("social_sign_up/", b"", **{"wsgi.input": TruncatedBody(error)})
    else:
        response = api.post_plain(
            "social_sign_up/", b"", **{"wsgi.input": TruncatedBody(error), "CONTENT_LENGTH": "100"}
        )
    assert_error(response, "invalid_json")
