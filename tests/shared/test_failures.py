"""What the operator is told of a failure, and what not."""

import pytest
from django.test import RequestFactory

from shared.contract.errors import ProviderBadResponse
from shared.http.failures import failure_reply


@pytest.mark.threat(29)
def test_the_words_of_a_library_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A library's message may repeat what it was given; its kind is told."""
    error = ProviderBadResponse()
    error.__cause__ = ValueError("invalid literal: 'canary'")
    reply = failure_reply(error, RequestFactory().get("/api/v2/"))
    assert reply.status == 502
    assert "provider_bad_response: ValueError" in caplog.text
    assert "canary" not in caplog.text
